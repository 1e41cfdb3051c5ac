/** Words of the fields for the rate limits. */
export const rateWords = {
  title: 'How fast',
  up: 'Send at most',
  down: 'Receive at most',
  unit: 'MB/s',
  none: 'No limit',
  note: 'Your own files and the pieces you keep for others share these limits. Leave a field empty for no limit. Sending slows down when your connection is full.',
} as const
