/** The bench once more, in a network of its own (Linux, as root) where all that is sent shares one slow link. */
import { spawn } from 'node:child_process'

/** Set in the process that runs there. */
const MARK = 'SKEIN_BENCH_LINK'

// A packet of loopback is 64 KiB otherwise, which no such link carries in one piece. Browsers give no candidate for the
// loopback address, so there is another one, whose packets go over loopback all the same.
const script = `
set -e
ip link set lo mtu 1500 up
ip link add skein0 type veth peer name skein1
ip link set skein1 up
ip address add 10.99.0.1/24 dev skein0
ip link set skein0 multicast on up
ip route add 224.0.0.0/4 dev skein0
tc qdisc add dev lo root tbf rate "$1" burst 15kb latency 50ms
shift
exec "$@"
`

export const isOnSlowLink = (): boolean => MARK in process.env

/** Resolves with the exit code. */
export const runOnSlowLink = (rate: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    const child = spawn('unshare', ['--net', 'bash', '-c', script, 'bash', rate, ...again], {
      stdio: 'inherit',
      env: { ...process.env, [MARK]: rate },
    })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
