import { expect, it } from 'vitest'
import { hostForLogs } from '../../../sdk/util/host-for-logs.js'

it.each([
  ['signal.example.org', 'signal.example.org'],
  ['signal.example.org:8443', 'signal.example.org:8443'],
  ['203.0.113.7', '(address)'],
  ['203.0.113.7:9000', '(address):9000'],
  ['[2001:db8::7]', '(address)'],
  ['[2001:db8::7]:9000', '(address):9000'],
  ['localhost:8787', 'localhost:8787'],
  ['127.0.0.1:8787', '127.0.0.1:8787'],
  ['[::1]:8787', '[::1]:8787'],
  ['127.0.0.1.example.org', '127.0.0.1.example.org'],
])('hostForLogs shows %s as %s', (host, shown) => {
  expect(hostForLogs(host)).toBe(shown)
})
