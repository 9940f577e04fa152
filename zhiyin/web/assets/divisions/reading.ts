import type { Townships, Tree } from "./tidy";

/** The parts that the beginning of an address names; `rest` is what follows them. */
export interface Place {
  province: string;
  city: string;
  district: string;
  township: string;
  rest: string;
}

interface Proposal extends Place {
  /** How many letters of the text speak for it. */
  said: number;
}

const ENDINGS =
  /(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|地区|街道|省|市|区|县|盟|旗|镇|乡)$/;
const COUNTRY = /^(中国|中华人民共和国|china)[,，、\s]*/i;
const MOST = 8;

/** How much of `text` a division's name takes up, with or without its ending; 0 when it is another one. */
export function taken(text: string, name: string): number {
  if (text.startsWith(name)) return name.length;
  const short = name.replace(ENDINGS, "");
  return short.length >= 2 && text.startsWith(short) ? short.length : 0;
}

/** The one of `names` that somebody means by `written`, who may leave its ending out. */
export function meant(names: string[], written: string): string | undefined {
  if (!written) return undefined;
  return (
    names.find((name) => name === written) ?? names.find((name) => taken(written, name) === written.length)
  );
}

/** Places down to the district that the text so far may mean, those first for which most of it speaks. */
export function propose(written: string, tree: Tree): Place[] {
  const text = trimmed(written.replace(COUNTRY, ""));
  if (!text) return [];
  const found = Object.entries(tree).flatMap(([province, cities]) => inProvince(text, province, cities));
  found.sort((one, other) => other.said - one.said);
  return found.slice(0, MOST).map(({ said: _said, ...place }) => place);
}

/** The same with the township, when the rest of the address begins with one. */
export function withTownship(place: Place, townships: Townships): Place {
  const names = townships[place.city]?.[place.district] ?? [];
  const fits = names.map((name) => [name, taken(place.rest, name)] as const).filter(([, said]) => said > 0);
  const best = fits.sort((one, other) => other[1] - one[1])[0];
  return best ? { ...place, township: best[0], rest: trimmed(place.rest.slice(best[1])) } : place;
}

function inProvince(text: string, province: string, cities: Record<string, string[]>): Proposal[] {
  const [rest, said] = behind(text, province);
  const found = Object.entries(cities).flatMap(([city, districts]) => inCity(rest, said, city, districts));
  const placed = found.map((each) => ({ ...each, province }));
  if (placed.length) return placed;
  if (said) return [{ province, city: "", district: "", township: "", rest, said }];
  return province.startsWith(text)
    ? [{ province, city: "", district: "", township: "", rest: "", said: text.length }]
    : [];
}

/** Places in a city, with `before` letters that speak for its province. */
function inCity(text: string, before: number, city: string, districts: string[]): Proposal[] {
  const [rest, ofCity] = behind(text, city);
  const said = before + ofCity;
  const blank = { province: "", city, district: "", township: "" };
  const found = districts.flatMap((district) => {
    const [behindIt, ofDistrict] = behind(rest, district);
    if (ofDistrict) return [{ ...blank, district, rest: behindIt, said: said + ofDistrict }];
    const isBegun = said > 0 && rest !== "" && district.startsWith(rest);
    return isBegun ? [{ ...blank, district, rest: "", said: said + rest.length }] : [];
  });
  if (found.length) return found;
  const only = districts.length === 1 ? (districts[0] ?? "") : "";
  if (ofCity) return [{ ...blank, district: only, rest, said }];
  return text && city.startsWith(text) ? [{ ...blank, rest: "", said: before + text.length }] : [];
}

function behind(text: string, name: string): [string, number] {
  const length = taken(text, name);
  return [trimmed(text.slice(length)), length];
}

function trimmed(text: string): string {
  return text.replace(/^[\s,，、]+/, "");
}
