/**
 * The engine: everything between bytes in and bytes out, without a clock, a timer, a socket or a random source of its
 * own. `engine.ts` takes events and owns the order of things; `roster/` knows who is here and who is linked to whom,
 * `route/` finds ways and forwards, `session/` holds keys and handshakes, `setup/` makes sessions and links,
 * `stream/` numbers, cuts, acknowledges and puts together, `liveness/` watches for silence.
 */
export { Engine } from './engine.js'
