// What the libraries do not say of themselves, and what the modules here add to the page.

declare module "*.css";

declare module "idiomorph/htmx" {
  export const Idiomorph: {
    morph(old: Element, content: string | Element, options?: object): void;
    defaults: { callbacks: Record<string, (...given: any[]) => boolean | void> };
  };
}

interface Window {
  htmx: typeof import("htmx.org").default;
}
