/** Township by county or district, by city, by province, as the package has them; HK, MO and TW end with districts. */
export type Source = Record<string, Record<string, Record<string, string[]> | string[]>>;
/** County or district by city, by province. */
export type Tree = Record<string, Record<string, string[]>>;
/** Township by county or district, by city, of one province. */
export type Townships = Record<string, Record<string, string[]>>;

const MUNICIPAL = new Set(["市辖区", "县"]);
const DIRECT = /直辖县级行政区划$/;

/**
 * Without the names that statistics put where there is no city: the districts of a municipality lie in the
 * municipality, and a county that answers to its province is its own city.
 */
export function tidy(source: Source): Record<string, Townships> {
  const tidied: Record<string, Townships> = {};
  for (const [province, cities] of Object.entries(source)) {
    const into: Townships = {};
    for (const [city, districts] of Object.entries(cities)) {
      for (const [district, townships] of entries(districts)) {
        const holder = MUNICIPAL.has(city) ? province : DIRECT.test(city) ? district : city;
        into[holder] = { ...into[holder], [district]: townships };
      }
    }
    tidied[province] = into;
  }
  return tidied;
}

function entries(districts: Record<string, string[]> | string[]): [string, string[]][] {
  return Array.isArray(districts) ? districts.map((name) => [name, []]) : Object.entries(districts);
}

export function withoutTownships(all: Record<string, Townships>): Tree {
  const tree: Tree = {};
  for (const [province, cities] of Object.entries(all)) {
    tree[province] = {};
    for (const [city, districts] of Object.entries(cities)) tree[province][city] = Object.keys(districts);
  }
  return tree;
}
