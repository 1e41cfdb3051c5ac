/** Longest control message, version byte included. SPEC WIR3. */
export const CONTROL_BYTES = 65_536
/** Longest data frame that is accepted. SPEC WIR3. */
export const DATA_FRAME_BYTES = 262_144
/** Length of the data frames we send: seven of them fit the store window. SPEC STO3. */
export const SENT_FRAME_BYTES = 131_072
/** How long the far side may take to begin the message that is awaited. SPEC WIR5. */
export const MESSAGE_WAIT_MS = 10_000
/** Slowest stream that is put up with, bytes per second. SPEC WIR5. */
export const SLOWEST_BYTES_PER_SECOND = 16_384
/** Inbound streams of one protocol and peer that are answered at once. SPEC WIR6. */
export const MAX_INBOUND = 8
/**
 * Shard bytes a storing peer may have under way before the holder acknowledged them. Under the 1 MiB that a channel keeps unread,
 * prefixes included, so that a holder with a slow disk never has to cut anyone off. SPEC STO3.
 */
export const STORE_WINDOW_BYTES = 7 * SENT_FRAME_BYTES
/** After how many written bytes a holder acknowledges, at the latest. SPEC STO4. */
export const ACKNOWLEDGE_BYTES = 262_144
/** How long either side of a store waits for the other's next frame: disks and sealing take their time. SPEC STO5. */
export const STORE_WAIT_MS = 30_000
/** How long a holder may take to read back and digest a whole shard. SPEC STO5. */
export const CHECK_WAIT_MS = 60_000
/** Most leaves, and so 1 MiB, that one FETCH asks for. SPEC FET2. */
export const FETCH_LEAVES = 16
/** Requests under way at once on one stream. SPEC FET3. */
export const FETCH_REQUESTS = 2
/** How long a stream may lie idle between two requests. SPEC FET4. */
export const IDLE_MS = 60_000
/** Most co-holders remembered of one group. SPEC GRO4. */
export const MAX_GROUP_HOLDERS = 256
