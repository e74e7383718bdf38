/**
 * Sockets to what helps members find each other: so far the signaling server. Bytes and room only; what they say, and
 * when to dial again, is the engine's.
 */
