import { expect, test } from 'vitest'
import { parseRelayOptions } from './options.ts'

test('a relay without options is one for this machine', () => {
  expect(parseRelayOptions([])).toEqual({
    port: 9090,
    stunPort: 3478,
    dataFolder: '.scatterhoard/relay',
    host: '127.0.0.1',
    announce: [],
    tls: undefined,
    networkName: '',
    isFresh: false,
  })
})

test('every option is taken, announced addresses as often as they are given', () => {
  const addresses = ['/dns4/a.example/tcp/443/tls/ws', '/dns4/b.example/tcp/443/tls/ws']
  const args = [
    '--port',
    '0',
    '--stun-port',
    'off',
    '--data',
    'here',
    '--host',
    '::',
    '--network',
    'club-7',
    '--cert',
    'c.pem',
    '--key',
    'k.pem',
  ]
  expect(parseRelayOptions([...args, ...addresses.flatMap((address) => ['--announce', address])])).toEqual({
    port: 0,
    stunPort: undefined,
    dataFolder: 'here',
    host: '::',
    announce: addresses,
    tls: { certFile: 'c.pem', keyFile: 'k.pem' },
    networkName: 'club-7',
    isFresh: false,
  })
})

test.each([
  ['--port', '65536'],
  ['--port', '-1'],
  ['--port', '80x'],
  ['--port', ''],
  ['--stun-port', '1e3'],
  ['--cert', 'c.pem'],
  ['--key', 'k.pem'],
  ['--network', 'Has Spaces'],
  ['--network', 'x'.repeat(65)],
  ['--nonsense', 'x'],
  ['stray', 'x'],
])('%s %s is said to be wrong', (...args) => {
  expect(parseRelayOptions(args)).toEqual(expect.any(String))
})
