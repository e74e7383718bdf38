/**
 * What the descriptions of data channels are made of in today's browsers, each piece known by its place here, from 1 on.
 * The list is part of the wire format (PROTOCOL.md section 6.3, which explains the holes in braces): pieces are never
 * changed, taken out or moved within a version. No piece belongs to an engine: each stands for its text, wherever that
 * is found. Where several pieces fit the first one is taken.
 */
export const SDP_PIECES: readonly string[] = [
  'v=0\r\no=- {n} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n',
  'v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 {n} 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=sendrecv\r\n',
  'a=group:BUNDLE 0\r\na=ice-options:trickle\r\na=msid-semantic:WMS *\r\n',
  'a=extmap-allow-mixed\r\n',
  'a=msid-semantic: WMS\r\n',
  'm=application {n} UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 {4}\r\n',
  'm=application {n} UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP6 {6}\r\n',
  'a=sendrecv\r\n',
  'a=end-of-candidates\r\n',
  'a=ice-ufrag:{b}\r\na=ice-pwd:{b}\r\na=ice-options:trickle\r\n',
  'a=ice-pwd:{h}\r\na=ice-ufrag:{h}\r\n',
  'a=fingerprint:sha-256 {f}\r\n',
  'a=setup:actpass\r\n',
  'a=setup:active\r\n',
  'a=setup:passive\r\n',
  'a=mid:0\r\n',
  'a=sctp-port:5000\r\na=max-message-size:{n}\r\n',
  'a=candidate:{n} 1 udp {n} ',
  'a=candidate:{n} 1 tcp {n} ',
  'a=candidate:{n} 1 UDP {n} ',
  'a=candidate:{n} 1 TCP {n} ',
  '{4} ',
  '{6} ',
  '{u}.local ',
  '{n} typ host',
  '{n} typ srflx raddr ',
  '{n} typ prflx raddr ',
  '{n} typ relay raddr ',
  'rport {n}',
  ' tcptype active',
  ' tcptype passive',
  ' generation 0',
  ' ufrag {b}',
  ' network-id {n}',
  ' network-cost {n}',
  '\r\n',
]
