import type { IconName } from '../parts/icon.tsx'

/** The kind of a file for people: its icon and its noun. */
export interface Kind {
  readonly icon: IconName
  readonly noun: string
}

const archives = new Set(['zip', 'gz', 'tgz', 'tar', 'xz', 'zst', 'bz2', '7z', 'rar', 'iso', 'dmg'])
const texts = new Set(['pdf', 'md', 'txt', 'doc', 'docx', 'odt', 'rtf', 'tex', 'csv', 'xls', 'xlsx', 'ods', 'epub'])
const films = new Set(['mp4', 'mov', 'mkv', 'webm', 'avi', 'm4v'])
const sounds = new Set(['mp3', 'flac', 'wav', 'ogg', 'opus', 'm4a', 'aac'])
const pictures = new Set(['jpg', 'jpeg', 'png', 'gif', 'webp', 'avif', 'heic', 'tif', 'tiff', 'svg', 'bmp'])

/** Returns the kind of a file by its MIME type, else by the ending of its name. Neither is trusted: the kind only chooses icon and noun. */
export function kindOf(type: string, name: string): Kind {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  if (type.startsWith('video/') || films.has(ending)) return { icon: 'film', noun: 'film' }
  if (type.startsWith('audio/') || sounds.has(ending)) return { icon: 'sound', noun: 'sound' }
  if (type.startsWith('image/') || pictures.has(ending)) return { icon: 'picture', noun: 'picture' }
  if (archives.has(ending)) return { icon: 'archive', noun: 'archive' }
  if (type.startsWith('text/') || texts.has(ending)) return { icon: 'text', noun: 'document' }
  return { icon: 'file', noun: 'file' }
}
