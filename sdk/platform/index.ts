/**
 * What the machine underneath gives: clock, timers, randomness, WebRTC, sockets, the life of the page. `platform.ts` is
 * the contract and has two sides, `platform.browser.ts` and `platform.node.ts`; rooms that need one import `#platform`
 * and get the side of the bundle they are in. Importing either touches no global. `send-gate.ts` is the flow control of
 * whatever has a `bufferedAmount`.
 */
