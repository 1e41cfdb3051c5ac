import { expect, test } from 'vitest'
import { isRelayAddress } from '../core/relay-address.ts'
import { hostPort, sayReach } from './reach.ts'

const peer = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const interfaces = {
  lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
  eth0: [
    { address: '192.168.7.5', family: 'IPv4', internal: false },
    { address: 'fe80::1', family: 'IPv6', internal: false },
    { address: '2001:db8::5', family: 'IPv6', internal: false },
  ],
} as const
const options = { host: '0.0.0.0', announce: [], tls: undefined }

test('a printed address can be used as it is printed: IPv6 stands in brackets', () => {
  expect([hostPort('127.0.0.1', 3478), hostPort('::1', 3478)]).toEqual(['127.0.0.1:3478', '[::1]:3478'])
  expect(new URL(`http://${hostPort('2001:db8::5', 9090)}/health`).hostname).toBe('[2001:db8::5]')
})

test('a relay that listens on every address says what to announce, and by which addresses its own network reaches it', () => {
  const said = sayReach(options, `/ip4/127.0.0.1/tcp/9090/ws/p2p/${peer}`, interfaces)
  expect(said[1]).toBe('  --announce /dns4/NAME-OF-THIS-MACHINE/tcp/9090/ws')
  expect(said.slice(2)).toEqual([`  or in its own network: /ip4/192.168.7.5/tcp/9090/ws/p2p/${peer}`])
  const tls = { certFile: 'c', keyFile: 'k' }
  const both = sayReach({ ...options, host: '::', tls }, `/ip6/::1/tcp/443/tls/ws/p2p/${peer}`, interfaces)
  const addresses = both.slice(2).map((line) => line.slice(line.indexOf('/')))
  expect(addresses).toEqual([`/ip4/192.168.7.5/tcp/443/tls/ws/p2p/${peer}`, `/ip6/2001:db8::5/tcp/443/tls/ws/p2p/${peer}`])
  expect(addresses.every(isRelayAddress)).toBe(true)
})

test('a relay whose address can be used as it is adds nothing', () => {
  expect(sayReach({ ...options, host: '127.0.0.1' }, `/ip4/127.0.0.1/tcp/9090/ws/p2p/${peer}`, interfaces)).toEqual([])
  expect(sayReach({ ...options, announce: ['/dns4/a/tcp/1/ws'] }, `/dns4/a/tcp/1/ws/p2p/${peer}`, interfaces)).toEqual([])
})
