/** Longest control message, version byte included. SPEC WIR3. */
export const CONTROL_BYTES = 65_536
/** Longest data frame that is accepted. SPEC WIR3. */
export const DATA_FRAME_BYTES = 262_144
/** Longest data frames we send: with its head, one fits a message of 256 KiB, and two make a whole slice. SPEC STO3. */
export const SENT_FRAME_BYTES = 131_072
/** Shortest data frames we send, where bytes go slowly. SPEC STO3. */
export const SMALLEST_FRAME_BYTES = 16_384
/** Longest wait for the far side to begin the message that is awaited. SPEC WIR5. */
export const MESSAGE_WAIT_MS = 10_000
/** Rate of the slowest stream that is tolerated, bytes per second. SPEC WIR5. */
export const SLOWEST_BYTES_PER_SECOND = 16_384
/** Most inbound streams of one protocol and peer that are answered at once. SPEC WIR6. */
export const MAX_INBOUND = 8
/** The smallest window, and the first one: two of the shortest frames, so that one is under way while the other is answered for. SPEC STO3. */
export const LEAST_WINDOW_BYTES = 2 * SMALLEST_FRAME_BYTES
/**
 * The largest window, for bytes stored but not acknowledged and for bytes asked for that have not come. With heads it stays under the 4 MiB
 * that a channel keeps unread, so that a peer with a slow disk never has to cut off an honest sender. SPEC STO3, FET3.
 */
export const MOST_WINDOW_BYTES = 24 * SENT_FRAME_BYTES
/** Most bytes that a holder writes before it acknowledges them: one of the shortest frames. SPEC STO4. */
export const ACKNOWLEDGE_BYTES = 16_384
/** Longest wait of either side of a store for the other's next frame: disks and sealing take their time. SPEC STO5. */
export const STORE_WAIT_MS = 30_000
/** Longest time that a holder may take to read back and digest a whole shard. SPEC STO5. */
export const CHECK_WAIT_MS = 60_000
/** Most leaves that one FETCH asks for: 1 MiB. SPEC FET2. */
export const FETCH_LEAVES = 16
/** Most requests under way at once on one stream. SPEC FET3. */
export const FETCH_REQUESTS = 16
/** Longest time that a holder keeps a stream that lies idle between two requests. SPEC FET4. */
export const IDLE_MS = 60_000
/** Longest time that the storing side keeps an idle stream: it gives up before the holder does. SPEC STO7. */
export const KEPT_IDLE_MS = 30_000
/** Most co-holders remembered of one group. SPEC GRO4. */
export const MAX_GROUP_HOLDERS = 256
/** Most rows of one COMPARE: 53 bytes each. SPEC SYN2. */
export const MAX_COMPARED = 1024
/** Most sums of one message, a power of two. SPEC SYN8. */
export const MAX_SUMS = 256
/** Rows of COMPARE as which a list of sums counts. SPEC SYN3. */
export const ROWS_OF_SUMS = 2_048
/** Length of the digests that are compared. SPEC SYN2. */
export const DIGEST_BYTES = 8
/** Most people of whom a peer wants beacons. SPEC SYN4. */
export const MAX_WANTED = 256
/** Most beacons of one message: with 256 wanted people they fit a control frame. SPEC SYN4. */
export const MAX_BEACONS = 192
/** Fewest claims that a REPAIR brings, as k is never less, and most: a code has 255 indices, and one of them is brought. SPEC REP1. */
export const [LEAST_REPAIR_CLAIMS, MOST_REPAIR_CLAIMS] = [2, 254] as const
/** Most bytes of the claims of one REPAIR. SPEC REP1. */
export const REPAIR_CLAIM_BYTES = 1024 * 1024
/** Most REPAIRs of one peer, and of all, whose claims are read at once. SPEC REP2. */
export const [REPAIRS_OF_ONE, REPAIRS_OF_ALL] = [2, 16] as const
/** Rows about known groups that are compared for one peer at once, and a second after that. SPEC SYN3. */
export const [COMPARED_AT_ONCE, COMPARED_PER_SECOND] = [16_384, 4] as const
