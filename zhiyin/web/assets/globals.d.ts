declare module "@alpinejs/csp" {
  const Alpine: { start(): void; data(name: string, factory: () => object): void };
  export default Alpine;
}
