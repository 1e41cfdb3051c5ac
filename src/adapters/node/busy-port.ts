/** The error for a port that another program is using. */
export class BusyPort extends Error {
  constructor(port: number, purpose: string, option: string) {
    super(`Port ${port}, for the ${purpose}, is in use. Choose another with ${option}.`)
    this.name = 'BusyPort'
  }
}
