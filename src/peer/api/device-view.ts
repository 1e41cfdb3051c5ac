/** A device of the owner's vault. */
export interface DeviceView {
  readonly id: string
  /** What it calls itself, such as "Amber Otter". */
  readonly label: string
  /** Such as "chromium". */
  readonly engine: string
  /** When the last change that is known of it was made, Unix milliseconds; absent while none is. */
  readonly changedAt?: number
  readonly isThis: boolean
  /** Set on this one when, since its start, it goes on under a new id: its disk is a copy, older than it was, or damaged. SPEC VLT26. */
  readonly isCopied?: true
}
