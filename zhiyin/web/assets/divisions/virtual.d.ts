/** What `plugin.ts` makes of the package; a declaration like this cannot name `tidy.ts`, where its types are told. */
declare module "virtual:divisions" {
  export const tree: Record<string, Record<string, string[]>>;
  export const townships: Record<
    string,
    () => Promise<{ default: Record<string, Record<string, string[]>> }>
  >;
}
