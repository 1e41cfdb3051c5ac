/** A name that somebody else may have chosen, isolated from the text around it and left to right, so that its ending is last. SPEC FNM1. */
export function Name({ of }: { readonly of: string }) {
  return <bdi dir="ltr">{of}</bdi>
}
