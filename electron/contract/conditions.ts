/** A network with the system's id and name. */
export interface NetworkName {
  readonly id: string
  readonly name: string
}

/** A setting of the user's that keeps the queue on hold. */
export type Hold =
  | { readonly kind: 'battery'; readonly percent: number; readonly belowPercent: number }
  | { readonly kind: 'metered'; readonly line: NetworkName | null }
  | { readonly kind: 'quiet-hours'; readonly untilMs: number | null }

/** Action after the last upload. It is reset to `nothing` afterwards. */
export type WhenDone = 'nothing' | 'sleep' | 'quit'

/** The countdown to the `whenDone` action, which can be cancelled and does not run during a review. */
export interface WhenDoneCountdown {
  /** When the action happens, in ms since the epoch; null while files wait for review. */
  readonly atMs: number | null
  readonly inReview: number
  /** Uploads that were registered since the queue was last empty. */
  readonly sent: number
  /** Failed uploads that need the user. */
  readonly needsYou: number
}

/** Power, network and schedule, and their effects on the queue. */
export interface Conditions {
  /** Why the queue is on hold, or null. */
  readonly hold: Hold | null
  /** The hold that the user overrode with "send anyway"; it is reset when its cause ends. */
  readonly overridden: Hold['kind'] | null
  readonly limit: {
    /** The current limit, null for none. */
    readonly bytesPerSecond: number | null
    readonly isFromQuietHours: boolean
    /** When the schedule changes the limit (ms since the epoch), or null for never. */
    readonly untilMs: number | null
  }
  readonly power: {
    readonly isOnBattery: boolean
    /** Null without a battery or if the system does not report it. */
    readonly percent: number | null
  }
  readonly network: {
    readonly metered: 'yes' | 'no' | 'unknown'
    readonly line: NetworkName | null
  }
  readonly whenDone: WhenDone
  /** Null while uploads are running or waiting. */
  readonly ending: WhenDoneCountdown | null
}

/** Whether the app starts at login. */
export interface LoginItem {
  readonly isOn: boolean
  /**
   * `approval`: macOS waits for approval in its settings; `no`: not supported by this kind of installation.
   */
  readonly can: 'yes' | 'approval' | 'no'
}

/** An entry for this user in a file manager's menu, or in the application menu (`menu`). */
export interface FileManagerEntry {
  readonly id: 'menu' | 'nautilus' | 'nemo' | 'dolphin' | 'finder'
  readonly isOn: boolean
}
