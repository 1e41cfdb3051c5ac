/**
 * Lets this process outlive what libp2p throws at nobody: it writes to a connection through a neighbour that has begun to close, in the
 * middle of an event, and whoever could catch it has no part in that. The connection ends by itself. Every other error that nobody caught
 * ends the process with code 1, as it does without this.
 *
 * Why: a window update of yamux over such a connection ended a whole holder (`StreamStateError`, libp2p 3.3.11).
 */
export function outliveClosingStreams(): void {
  process.on('uncaughtException', (error: unknown) => {
    if (error instanceof Error && error.name === 'StreamStateError') return
    console.error(error)
    process.exit(1)
  })
}
