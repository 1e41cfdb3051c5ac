import { createSocket } from 'node:dgram'
import { createServer, type AddressInfo } from 'node:net'
import { BusyPort } from '../adapters/node/busy-port.ts'

/**
 * Returns `wanted`, or a free TCP port when it is 0.
 * @throws BusyPort
 */
export async function freeTcpPort(wanted: number, purpose: string, option: string): Promise<number> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(wanted, '127.0.0.1', resolve)
    })
    return (server.address() as AddressInfo).port
  } catch {
    throw new BusyPort(wanted, purpose, option)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

/**
 * Returns `wanted`, or a free UDP port when it is 0.
 * @throws BusyPort
 */
export async function freeUdpPort(wanted: number, purpose: string, option: string): Promise<number> {
  const socket = createSocket('udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(wanted, resolve)
    })
    return socket.address().port
  } catch {
    throw new BusyPort(wanted, purpose, option)
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve))
  }
}
