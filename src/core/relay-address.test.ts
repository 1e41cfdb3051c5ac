import { expect, test } from 'vitest'
import { isRelayAddress, relayAddressExample } from './relay-address.ts'

const peer = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'

test.each([
  `/ip4/127.0.0.1/tcp/9090/ws/p2p/${peer}`,
  `/ip6/::1/tcp/9090/ws/p2p/${peer}`,
  `/dns4/relay.example.org/tcp/443/tls/ws/p2p/${peer}`,
  '/dns/relay.example.org/tcp/443/wss',
])('%s is the address of a relay', (text) => {
  expect(isRelayAddress(text)).toBe(true)
})

test.each([
  '',
  'relay.example.org',
  'wss://relay.example.org',
  '/a',
  relayAddressExample,
  '/ip4/127.0.0.1/tcp/9090',
  '/ip4/127.0.0.1/tcp/0/ws',
  '/ip4/127.0.0.1/tcp/99999/ws',
  '/ip4/127.0.0.1/udp/9090/ws',
  `/ip4/127.0.0.1/tcp/9090/ws/p2p/${peer}/p2p-circuit`,
  `/ip4/127.0.0.1/tcp/9090/ws/p2p/${peer}\n`,
  '/ip4/127.0.0.1/tcp/9090/ws/p2p/nobody',
])('%j is not', (text) => {
  expect(isRelayAddress(text)).toBe(false)
})
