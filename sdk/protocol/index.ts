/**
 * Every frame that skein puts on a wire: codes, layouts, limits, encoders and bounded decoders.
 * Pure functions over bytes; PROTOCOL.md is this room in prose, rule by rule.
 */
