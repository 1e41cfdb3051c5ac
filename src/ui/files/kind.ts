import type { IconName } from '../parts/icon.tsx'

const archives = new Set(['zip', 'gz', 'tgz', 'tar', 'xz', 'zst', 'bz2', '7z', 'rar', 'iso', 'dmg'])
const texts = new Set(['pdf', 'md', 'txt', 'doc', 'docx', 'odt', 'rtf', 'tex', 'csv', 'xls', 'xlsx', 'ods', 'epub'])
const films = new Set(['mp4', 'mov', 'mkv', 'webm', 'avi', 'm4v'])
const sounds = new Set(['mp3', 'flac', 'wav', 'ogg', 'opus', 'm4a', 'aac'])
const pictures = new Set(['jpg', 'jpeg', 'png', 'gif', 'webp', 'avif', 'heic', 'tif', 'tiff', 'svg', 'bmp'])

/** Returns the icon of a file by its MIME type, else by the ending of its name. Neither is trusted: they only choose the icon. */
export function kindOf(type: string, name: string): IconName {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  if (type.startsWith('video/') || films.has(ending)) return 'film'
  if (type.startsWith('audio/') || sounds.has(ending)) return 'sound'
  if (type.startsWith('image/') || pictures.has(ending)) return 'picture'
  if (archives.has(ending)) return 'archive'
  if (type.startsWith('text/') || texts.has(ending)) return 'text'
  return 'file'
}
