/** Resolves after everything that is ready has run: promise reactions, and answers of WebCrypto that have arrived. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
