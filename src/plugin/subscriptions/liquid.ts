/**
 * In the place of `liquidjs`, which mapping-kit imports for its `@liquid` directive alone. As Segment's own bundles do,
 * this goes without it: it would make the chunk three times as heavy (21 KB of brotli on top of 10). `@template` does
 * not need it.
 */
export class Liquid {
  registerTag(): void {}
  registerFilter(): void {}
  fullVariablesSync(): never {
    throw new Error('the @liquid directive does not work in a browser, use @template')
  }
  parseAndRenderSync(): never {
    throw new Error('the @liquid directive does not work in a browser, use @template')
  }
}
