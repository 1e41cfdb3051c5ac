import type { ReliedPiece } from '../../core/healing/outlook.ts'
import type { PeerId } from '../../core/ids.ts'
import type { DeviceView } from './device-view.ts'
import type { FileView, HolderView, TroubleView } from './file-view.ts'
import type { OpenedFile, OpenedLink } from './link-view.ts'
import type { RestoreView } from './restore-view.ts'
import type { FolderView, TrashView, VersionView } from './tree-view.ts'

/** A row of the People screen. */
export interface PersonView {
  readonly peer: PeerId
  readonly name: string
  readonly isConnected: boolean
  readonly isDirect: boolean
  readonly latencyMs?: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Bytes this person keeps for me, and I for them. */
  readonly keepsForMe: number
  readonly keptForThem: number
  readonly engine: string
  readonly roomBytes: number
  readonly seenAt: number
  /** Whether this device saw it half of the time or more; never of newcomers. */
  readonly isSteady: boolean
  /** How often it ever sent wrong bytes; after the first time it is not asked any more. */
  readonly lies: number
}

/** Bytes per second that this device sends and receives at most, all together; 0 = no limit. */
export interface RateLimits {
  readonly up: number
  readonly down: number
}

/** The error of this device's clock, measured against those of the people who are here. */
export interface ClockView {
  /** Milliseconds; negative when it is behind. */
  readonly aheadMs: number
  /** Whether enough people agree: papers are then dated by their time. */
  readonly isCorrected: boolean
  /** How often people have refused something of this device by its date. */
  readonly refusals: number
}

/** The course of handing over what is kept: the person stops giving. */
export interface HandoverView {
  readonly is: 'under way' | 'paused' | 'over'
  /** Pieces kept when it began. */
  readonly pieces: number
  /** Pieces that are still here, and the bytes of disk that they take. */
  readonly left: number
  readonly bytesLeft: number
  /** The rate at which they went so far; 0 while that is not known. */
  readonly bytesPerSecond: number
  /** Pieces that nobody took when everybody was last asked; they are offered again from time to time. */
  readonly nobody: number
}

/** What a person says about handing over: begin, go on or try again; wait; or keep what is still here. */
export type HandoverStep = 'go' | 'pause' | 'end'

/** Everything a screen shows; plain values, so that it can be posted to other tabs. */
export interface PeerSnapshot {
  readonly self: { readonly peerId: PeerId; readonly name: string }
  readonly connection: { readonly is: 'connected' | 'looking' | 'offline'; readonly people: number }
  /** Set while no tab can run this profile's node: the rest is the last known state, and a tab tries again. */
  readonly trouble?: TroubleView
  /** Set when this tab only shows what another tab's node does. */
  readonly isElsewhere: boolean
  /** Absent while nothing says that this device's clock is wrong. */
  readonly clock?: ClockView
  /** `isAdded`: by the person, remembered on this device, and theirs to remove. */
  readonly relays: readonly {
    readonly address: string
    readonly isConnected: boolean
    readonly isSomebodyElse?: boolean
    readonly isAdded: boolean
  }[]
  /** Whether there are recovery words yet, and whether the person has confirmed to have them, on this device. */
  readonly words: { readonly isMade: boolean; readonly isConfirmed: boolean }
  /** How restoring from recovery words goes, while the person wishes it. */
  readonly restore?: RestoreView
  /**
   * Where the list of files is beside this device: `people` had all of it (0: nobody) at `at`, Unix milliseconds; `isBehind`: something has
   * changed since.
   */
  readonly list: { readonly people: number; readonly isBehind: boolean; readonly at?: number }
  /** Those of all folders, the newest first; what is in the trash is not among them. */
  readonly files: readonly FileView[]
  readonly folders: readonly FolderView[]
  /** The latest first. */
  readonly trash: readonly TrashView[]
  /** Set where a part of the vault cannot be read on this disk: files may be missing in the list. SPEC VLT26. */
  readonly isListDamaged?: true
  readonly people: readonly PersonView[]
  readonly give: {
    readonly isOn: boolean
    readonly offerBytes: number
    /** The part of it that this device could send again in time, where that is less. SPEC ADM7. */
    readonly countedBytes?: number
    readonly usedBytes: number
    readonly pieces: number
    readonly owners: number
    /** Absent until the peer runs. */
    readonly limits?: RateLimits
    /** Set when the device's storage ran out and the offer was lowered. */
    readonly trouble?: TroubleView
    /** Set from when the person stops giving until they give again, or keep the rest. */
    readonly handover?: HandoverView
    /** Bytes of others' pieces that are sent per second at most; absent until the peer runs. */
    readonly mostPerSecond?: number
  }
  readonly totals: { readonly sentBytes: number; readonly receivedBytes: number }
  /** What this device did as a guardian since its start: pieces that new holders keep because of it, bytes fetched and sent for them. */
  readonly repair: { readonly placed: number; readonly fetchedBytes: number; readonly sentBytes: number }
  /** Wire bytes that one byte costs with the code for the people present, or else with the smallest code, e.g. 4; and its k and n. */
  readonly price: { readonly factor: number; readonly k: number; readonly n: number }
}

/** A file as it comes from a drop or a picker. */
export interface DroppedFile {
  readonly name: string
  readonly blob: Blob
  /** Path of the folder, '' for the one into which all of them are put. */
  readonly path: string
}

/** How files are put in. */
export interface StoreOptions {
  /** Id of the folder from which the paths of the files lead on; the top when absent. */
  readonly into?: string
  /**
   * What a file becomes whose name a file in the folder where it goes has already: a new version of that one, unless name, size and time of
   * modification are the same, or a file beside it. 'both' when absent.
   */
  readonly sameName?: 'version' | 'both'
}

/** The owner's files: put in, stored, read and deleted. */
export interface FilesFacet {
  /**
   * Puts files in and resolves with their ids, of a new version that of its file: rows appear at once, sealing and placing go on by themselves.
   * @throws HoardError 'file-refused' for files that no format has room for, once all others are in | 'not-found' without that folder
   */
  storeFiles(files: readonly DroppedFile[], options?: StoreOptions): Promise<readonly string[]>
  /** Pauses the store of a file and, like `resume`, `cancel` and `retry`, of all files in its pack. */
  pause(fileId: string): Promise<void>
  resume(fileId: string): Promise<void>
  /**
   * Ends the store of a file, and of those in its pack, and forgets them, or their current versions where they have earlier ones; groups that
   * went out get a tombstone.
   */
  cancel(fileId: string): Promise<void>
  /** Starts a store that waits or failed again at once. */
  retry(fileId: string): Promise<void>
  /**
   * Removes this device's own sealed copy of a stored file; its pieces stay with people. Throws 'too-few-shards' {here, needed, steadiness}
   * while fewer pieces than the grade asks for are with people who are here, or those who keep it are not known to be there often enough.
   */
  freeCopy(fileId: string): Promise<void>
  /**
   * Deletes a file for good, or a folder with all that is in it, wherever it is, the trash included: tombstones their groups and links. Once
   * less than half of a pack is left, the rest is stored anew.
   */
  remove(entryId: string): Promise<void>
  /** Opens a file, or one version of it. */
  openFile(fileId: string, versionId?: string): Promise<OpenedFile>
  keepers(fileId: string): Promise<readonly HolderView[]>
  /** Resolves with the pieces of a file that count, by segment, with what this device has seen of the people who keep them. */
  counted(fileId: string): Promise<readonly (readonly ReliedPiece[])[]>
}

/**
 * The owner's tree of folders. Ids are those of files and folders. All throw HoardError 'not-found' for an id that is not there, and resolve
 * once the change is durable here; it goes to people and to other devices by itself.
 */
export interface TreeFacet {
  /** Makes a folder in the folder `parent`, at the top when absent, and resolves with its id. Throws 'format-invalid' for an empty name. */
  createFolder(name: string, parent?: string): Promise<string>
  /** Gives a file or a folder another name; what no name may have is replaced. Throws 'format-invalid' for an empty one. SPEC VLT12. */
  rename(entryId: string, name: string): Promise<void>
  /** Moves files and folders into a folder, to the top when absent. Throws 'format-invalid' when one of them is that folder, or above it. */
  move(entryIds: readonly string[], folder?: string): Promise<void>
  /** Puts files, and folders with all that is in them, into the trash, which keeps them for `trash.ownerMs`. */
  discard(entryIds: readonly string[]): Promise<void>
  /** Takes rows of the trash out again, to where they were, or to the nearest folder above that is left. */
  putBack(entryIds: readonly string[]): Promise<void>
  /** Deletes for good all that is in the trash. */
  emptyTrash(): Promise<void>
  /** Resolves with the versions of a file, the newest first. */
  versions(fileId: string): Promise<readonly VersionView[]>
  /** Makes an earlier version the current one once more; nothing is stored again, and no version goes. */
  useVersion(fileId: string, versionId: string): Promise<void>
  /** Drops a version for good, with what nothing else names. Throws 'format-invalid' for the only one. */
  removeVersion(fileId: string, versionId: string): Promise<void>
}

/** Files shared with others, and received. */
export interface LinksFacet {
  /**
   * Resolves with the path of the file's link, `/s/#…`, making it when there is none yet.
   * @throws HoardError 'too-few-shards' while the file is not stored, or too few people take its link
   */
  share(fileId: string): Promise<string>
  stopSharing(fileId: string): Promise<void>
  /**
   * Opens the link in `text`: its fragment, its address, or a message with it.
   * @throws HoardError 'link-malformed' | 'format-unknown' at once when there is none
   */
  openLink(text: string): OpenedLink
}

/** The space that this device lends, and the rates at which it sends and receives. */
export interface GiveFacet {
  /** Lends `offerBytes` to others from now on, or nothing more when `isOn` is false (kept pieces stay). */
  setOffer(offer: { readonly isOn: boolean; readonly offerBytes: number }): Promise<void>
  /**
   * Stops giving: the offer goes off, and every kept piece to somebody else, one by one, also after a restart. Lending again ends that.
   * Resolves once the wish is on disk.
   */
  handOver(step: HandoverStep): Promise<void>
  /** Keeps to these rates from now on, own transfers and those for others together, also after a restart. */
  setRateLimits(limits: RateLimits): Promise<void>
  /** Everything kept for others, for the holder's status page. */
  kept(): Promise<
    readonly {
      readonly groupId: string
      readonly segmentId: string
      readonly index: number
      readonly bytes: number
      readonly until: number
    }[]
  >
}

/** The relays through which other people are met. */
export interface PeopleFacet {
  /** Connects to a relay and uses it from now on, also after a restart. Throws 'relay-unreachable' | 'address-refused'. */
  addRelay(address: string): Promise<void>
  /** Gives up a relay that the person added; nothing happens to any other. */
  removeRelay(address: string): Promise<void>
}

/** The person's own words and device. */
export interface YouFacet {
  /** Returns the twelve words, drawing them when there are none yet. */
  recoveryWords(): Promise<string>
  /** Remembers on this device that the person has the words. */
  noteWordsConfirmed(): Promise<void>
  /**
   * Begins to look for the list of files that other recovery words open, and takes it when it is found; snapshots show how that goes.
   * @throws HoardError 'words-invalid'; what loading a part of the app throws
   */
  restore(words: string): Promise<void>
  /** Takes the words that `restore` was given with an empty list, because the person says that there is none. Throws those of the disk. */
  restoreEmpty(): Promise<void>
  /** Ends looking, or takes away how it ended. */
  endRestore(): Promise<void>
  /** Resolves with the devices that share the person's files, this one first; none before there are words. */
  devices(): Promise<readonly DeviceView[]>
  /**
   * Removes another device from that list: nothing waits for it any more, unless it changes something again. It can still read what it knows.
   * @throws HoardError 'not-found'
   */
  removeDevice(deviceId: string): Promise<void>
  /** Deletes every key and piece of this device. */
  forgetDevice(): Promise<void>
}

/** One whole peer: what the app, the holder program and the simulator use. */
export interface Peer extends FilesFacet, TreeFacet, LinksFacet, GiveFacet, PeopleFacet, YouFacet {
  snapshot(): PeerSnapshot
  /** Calls `listener` after changes, at most some ten times a second; returns how to stop. */
  watch(listener: () => void): () => void
  /** Says goodbye and stops. Never throws. */
  close(): Promise<void>
}
