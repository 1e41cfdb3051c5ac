import { HoardError, type ErrorFacts, codeOf } from '../../core/errors.ts'

/** Returns sentences for the person who started a program: the problem, its place, and what to do about it; never a code alone. */
export function sayProblem(error: unknown): string {
  if (error instanceof HoardError) return sayHoardError(error)
  // A name with several addresses: report the error of the last one.
  if (error instanceof AggregateError && error.errors.length > 0) return sayProblem(error.errors.at(-1))
  const system = systemOf(error)
  if (system !== undefined && (system.path !== '' || system.port !== '' || system.code in inPlainWords)) return saySystem(system)
  return error instanceof Error ? error.message : String(error)
}

/** The system's facts about a call that failed. */
interface SystemFacts {
  readonly code: string
  readonly path: string
  readonly port: string
}

const inPlainWords: Readonly<Record<string, (at: SystemFacts) => string>> = {
  EACCES: ({ path, port }) =>
    port === ''
      ? `This program may not use ${path}: check who owns it and its permissions.`
      : `This program may not listen on port ${port}: choose one above 1023.`,
  EPERM: ({ path }) => `The system does not allow this program to use ${path}: check who owns it and its permissions.`,
  EROFS: ({ path }) => `${path} is on a disk that can only be read: choose another folder, or mount it for writing.`,
  ENOENT: ({ path }) => `There is no ${path}.`,
  ENOTDIR: ({ path }) => `A part of ${path} is a file, not a folder.`,
  EISDIR: ({ path }) => `${path} is a folder, not a file.`,
  ENOSPC: ({ path }) => `The disk of ${path} is full: make room there, or choose another folder.`,
  EDQUOT: ({ path }) => `Your share of the disk of ${path} is used up: make room there, or choose another folder.`,
  EIO: ({ path }) => `The disk cannot read or write ${path}: it may be failing.`,
  EMFILE: ({ path }) => `Too many files are open to open ${path}: raise the limit (ulimit -n).`,
  EADDRINUSE: ({ port }) => `Port ${port} is in use by another program: choose another.`,
  EADDRNOTAVAIL: ({ path }) => `${path} is no address of this machine: choose one that is, or 0.0.0.0.`,
  ECONNREFUSED: ({ path }) => `${path} refuses the connection: nothing listens there now.`,
  ECONNRESET: ({ path }) => `The connection to ${path} was cut.`,
  ETIMEDOUT: ({ path }) => `${path} did not answer in time.`,
  EHOSTUNREACH: ({ path }) => `There is no way to ${path} from here now.`,
  ENETUNREACH: ({ path }) => `There is no network to reach ${path} now.`,
  ENOTFOUND: ({ path }) => `The name ${path} is not known: check it, and the name server of this machine.`,
  UND_ERR_SOCKET: () => 'The connection was cut.',
  UND_ERR_CONNECT_TIMEOUT: () => 'There was no connection in time.',
  EAI_AGAIN: ({ path }) => `The name server does not answer for ${path} now.`,
}

function saySystem(facts: SystemFacts): string {
  const words = inPlainWords[facts.code]
  return words
    ? words({ ...facts, path: facts.path || 'a file or address that it did not name' })
    : `The system refuses to use ${facts.path} (${facts.code}).`
}

function systemOf(error: unknown): SystemFacts | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  if (codeOf(error) !== undefined) return undefined
  const text = (name: string): string => {
    const value = (error as unknown as Record<string, unknown>)[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const isNetwork = text('port') !== ''
  const place = isNetwork && text('syscall') !== 'listen' ? `${text('address')}:${text('port')}` : text('address')
  return { code: error.code, path: text('path') || text('hostname') || place, port: isNetwork ? text('port') : '' }
}

const folderReasons: Readonly<Record<string, (facts: ErrorFacts) => string>> = {
  'in use': ({ folder, owner }) => `The folder ${folder} is in use by ${owner}. End that one first, or name another folder with --data.`,
  'not ours': ({ folder, found }) =>
    `The folder ${folder} holds other things (${found}) and nothing of Scatterhoard. Name a new or empty folder with --data. Nothing was changed.`,
  'other kind': ({ folder, kind, wanted }) =>
    `The folder ${folder} belongs to a ${kind}, not to a ${wanted}. Name another one with --data.`,
  newer: ({ folder }) => `A later version of Scatterhoard wrote the folder ${folder}. Update this one, or name another folder with --data.`,
  'no folder': ({ folder }) => `${folder} is a file, not a folder. Name a folder with --data.`,
  'not makeable': ({ folder }) =>
    `The folder ${folder} cannot be made: check the permissions of the one above it, and whether its disk can be written and has room.`,
  'not writable': ({ folder }) =>
    `This program may not write into the folder ${folder}: check who owns it, its permissions, and whether its disk is full.`,
  'no locks': ({ folder, system }) =>
    `Files in the folder ${folder} cannot be locked (${system}), so nothing keeps two programs from using it at once. Name a folder on another disk with --data.`,
}

const catalogReasons: Readonly<Record<string, string>> = {
  unreadable: 'neither of its two copies can be read',
  incomplete: 'entries are missing in both of its copies',
  foreign: 'it belongs to another identity than the rest of the folder',
}

function sayHoardError({ code, facts, message, cause }: HoardError): string {
  const reason = String(facts['reason'] ?? '')
  const say = folderReasons[reason]
  if (code === 'storage-unavailable' && say) return say(facts)
  if (code === 'storage-damaged' && facts['what'] === 'catalog') return sayCatalog(reason, facts)
  if (code === 'storage-damaged' && facts['what'] === 'relay key') return sayRelayKey(facts)
  if (code === 'policy-invalid') return `${String(facts['what'])}.`
  if (code === 'format-unknown' && facts['what'] === 'catalog') return 'A later version of Scatterhoard wrote this folder: update this one.'
  const system = systemOf(cause)
  if (system !== undefined) return saySystem({ ...system, path: String(facts['path'] ?? system.path) })
  return message
}

function sayCatalog(reason: string, { folder, found }: ErrorFacts): string {
  const salvage = reason === 'incomplete' ? ', start once with --salvage to go on with what can be read' : ''
  return (
    `The catalog of ${folder}, which has the keys and names of what is kept there, is damaged: ${catalogReasons[reason] ?? 'it cannot be read'}` +
    `${found === '' ? '' : ` (there are: ${found})`}. Nothing was changed. To go on, put back a copy of the folder${salvage}, or start with ` +
    `--fresh to delete what is kept there and begin under a new identity.`
  )
}

function sayRelayKey({ path, is }: ErrorFacts): string {
  return (
    `The key of this relay, ${path}, is damaged: ${is}. Nothing was changed. To go on, put back a copy of it, or start with --fresh for a ` +
    `new identity: people then need its new address.`
  )
}
