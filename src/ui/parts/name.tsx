/** A name that somebody else may have made, set apart from the words around it. It runs from left to right: the ending stands last. SPEC FNM1. */
export function Name({ of }: { readonly of: string }) {
  return <bdi dir="ltr">{of}</bdi>
}
