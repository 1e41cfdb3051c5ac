import type { ErrorCode, ErrorFacts } from '../../core/errors.ts'
import type { Health } from '../../core/health.ts'
import type { Steadiness } from '../../core/healing/steadiness.ts'
import type { PeerId } from '../../core/ids.ts'
import type { StatusWord } from '../../core/status.ts'

/** How one segment of a meter is drawn: full, hatched (its person is away), being placed now, nobody yet. */
export type PieceState = 'kept' | 'away' | 'placing' | 'none'

/** Health of a file's worst segment. */
export interface MeterView {
  /** Distinct pieces that were read back and count still, of people who are not given up. */
  readonly value: number
  /** n: the number of pieces to place; 0 while no code is chosen. */
  readonly max: number
  /** k: the number of pieces needed to rebuild. */
  readonly needed: number
  readonly pieces: readonly PieceState[]
}

/** Progress of long work, in bytes of the file, not of the wire. */
export interface ProgressView {
  readonly kind: 'sealing' | 'storing' | 'fetching'
  readonly doneBytes: number
  readonly totalBytes: number
  readonly bytesPerSecond: number
  /** Absent while the rate is unknown. */
  readonly secondsLeft?: number
  readonly isPaused: boolean
}

/** An error as code and facts; `ui/words` turns it into sentences. */
export interface TroubleView {
  readonly code: ErrorCode
  readonly facts: ErrorFacts
}

/** People who kept a piece and are away. */
export interface AwayView {
  /** The name of the one away longest, and the number of the others. */
  readonly name: string
  readonly others: number
  /** All of them are away since then at least, Unix milliseconds. */
  readonly since: number
}

/** The explanation beside the status word; `ui/words` has its sentences. */
export type ExplanationView =
  | { readonly is: 'none' }
  | { readonly is: 'sealing'; readonly percent: number }
  | { readonly is: 'drop-again'; readonly percent: number }
  | { readonly is: 'keep-open' }
  /** Another device stores it, or did when it went; `device` is what that one calls itself. */
  | { readonly is: 'elsewhere'; readonly device?: string }
  | { readonly is: 'queued'; readonly people: number; readonly peopleNeeded: number }
  /** `isBusy`: people are here who repair too much to take pieces; `away`: those whose pieces are placed anew, once it was stored. */
  | {
      readonly is: 'placing'
      readonly placed: number
      readonly of: number
      readonly wanted: number
      readonly isBusy?: true
      readonly away?: AwayView
    }
  | { readonly is: 'placed'; readonly placed: number; readonly of: number }
  /** Stored; this device has just started and has not met everybody who keeps it. */
  | { readonly is: 'checking' }
  /** Stored, but hardly more pieces than needed are here now; `margin` people may go, below 0 pieces are missing. */
  | {
      readonly is: 'thin'
      readonly here: number
      readonly of: number
      readonly needed: number
      readonly margin: number
    }
  /** Stored, but those who keep it are not known to be there often enough. */
  | { readonly is: 'unsteady'; readonly steadiness: Exclude<Steadiness, 'high' | 'enough'> }
  /** Stored by another device, or by this one before it lost its notes: who keeps it is being found out. */
  | { readonly is: 'unsought' }
  | { readonly is: 'waiting'; readonly reachable: number; readonly needed: number; readonly away?: AwayView }
  /** Stored, and coded anew for more people: so much of the new pieces is placed. */
  | { readonly is: 'spreading'; readonly percent: number }
  /** Stored, but fewer than m pieces are left: others make the lost ones anew, or nobody does yet. */
  | { readonly is: 'restoring'; readonly known: number; readonly of: number }
  | { readonly is: 'short'; readonly known: number; readonly of: number; readonly away?: AwayView }
  /** Fewer than k pieces are left. */
  | { readonly is: 'gone'; readonly known: number; readonly needed: number; readonly away?: AwayView }
  /** Stored once, but people were asked to keep it until then only, Unix milliseconds, and the grace after that is over. */
  | { readonly is: 'over'; readonly until: number; readonly hasCopy: boolean }
  | { readonly is: 'trouble'; readonly trouble: TroubleView }

/** The safety of a content now, from its worst segment; `core/health` says what each figure means. */
export interface HealthView extends Health {
  /** k and m: the number of pieces needed to rebuild, and the number that makes the grade. */
  readonly needed: number
  readonly wanted: number
  /** How steady those are who keep it: what the grade may be, and whether the copy may go. */
  readonly steadiness: Steadiness
  /** This device has just started: the figures are the last that were known. */
  readonly isChecking: boolean
  /** When the piece whose proof is oldest proved itself, Unix milliseconds; absent while nothing is kept. */
  readonly provenAt?: number
}

/** A row of the Files screen. */
export interface FileView {
  readonly id: string
  /** As a screen may show it, different from those of everything else in its folder. SPEC FNM1, VLT19. */
  readonly name: string
  /** Path of the folder that it lies in, '' at the top, and its id, absent at the top. */
  readonly folder: string
  readonly parent?: string
  /** MIME type, '' when unknown. */
  readonly type: string
  readonly size: number
  /** Unix milliseconds. */
  readonly addedAt: number
  /** When it was last modified before that as its system said, Unix milliseconds. */
  readonly modifiedAt: number
  /** How many versions of it there are, the current one among them; the rest of the row is about that one. */
  readonly versions: number
  readonly status: StatusWord
  readonly explanation: ExplanationView
  readonly meter: MeterView
  readonly health: HealthView
  readonly progress?: ProgressView
  readonly canShare: boolean
  readonly canDownload: boolean
  /** Whether this device still has a sealed copy that `freeCopy` would remove. */
  readonly hasLocalCopy: boolean
  /** Whether the dropped file must stay where it is, and this page open: it is not wholly sealed yet. */
  readonly needsOriginal: boolean
  readonly isPaused: boolean
  /** The time until which people were asked to keep it, Unix milliseconds; absent until it can be read. It is renewed while this device runs. */
  readonly keptUntil?: number
  /** While the file is shared: the path and fragment of its link, `/s/#…`, and the time until which it opens. */
  readonly linkPath?: string
  readonly linkUntil?: number
  /** The pack that it shares with other small files, which have its health and are stored, paused and freed with it. */
  readonly pack?: { readonly id: string; readonly files: number; readonly bytes: number }
}

/** A row of the table "Who keeps NAME". */
export interface HolderView {
  readonly segment: number
  readonly piece: number
  readonly peer: PeerId
  readonly name: string
  /** Unix milliseconds, absent when never seen since the start. */
  readonly seenAt?: number
  readonly isDirect: boolean
  readonly isConnected: boolean
}
