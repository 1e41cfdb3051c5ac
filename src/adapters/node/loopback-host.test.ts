import { expect, test } from 'vitest'
import { isLoopbackHost } from './loopback-host.ts'

test.each([
  'localhost',
  'localhost:4173',
  'LOCALHOST:1',
  'app.localhost:80',
  '127.0.0.1',
  '127.0.0.1:9',
  '127.1.2.3:65535',
  '[::1]',
  '[::1]:8080',
])('%s is this machine', (host) => {
  expect(isLoopbackHost(host)).toBe(true)
})

test.each([
  undefined,
  '',
  'example.org',
  'example.org:4173',
  'localhost.example.org',
  '127.0.0.1.example.org',
  '127.0.0.1.nip.io:80',
  'notlocalhost',
  '10.0.0.1',
  '192.168.1.2:80',
  '[::]',
  '[::2]:80',
  '0.0.0.0',
  'localhost:80:80',
  'localhost/x',
  'a@localhost',
])('%s is somebody else', (host) => {
  expect(isLoopbackHost(host)).toBe(false)
})
