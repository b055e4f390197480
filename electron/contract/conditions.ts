/** A network as the system names it. */
export interface NetworkName {
  readonly id: string
  readonly name: string
}

/** Why nothing is sent although it could be: by the person's own wish. */
export type Hold =
  | { readonly kind: 'battery'; readonly percent: number; readonly belowPercent: number }
  | { readonly kind: 'metered'; readonly line: NetworkName | null }
  | { readonly kind: 'quiet-hours'; readonly untilMs: number | null }

/** What happens once all is sent; it holds once and then is `nothing` again. */
export type WhenDone = 'nothing' | 'sleep' | 'quit'

/** Nothing is on its way any more: `whenDone` is carried out then unless it is called off. */
export interface Ending {
  /** Ms since the epoch. */
  readonly atMs: number
  /** Files of this time that are in the library. */
  readonly sent: number
  /** Files that stand there with a failure that a person has to look at. */
  readonly needsYou: number
}

/** How things stand around the uploads: power, network, clock, and what follows from them. */
export interface Conditions {
  /** The queue waits for this, or null. */
  readonly hold: Hold | null
  /** The person said "send anyway" about this; it ends with what caused it. */
  readonly overridden: Hold['kind'] | null
  readonly limit: {
    /** In force now, null for as fast as the line. */
    readonly bytesPerSecond: number | null
    readonly isFromQuietHours: boolean
    /** When the schedule changes what is in force (ms since the epoch), or null when it never does. */
    readonly untilMs: number | null
  }
  readonly power: {
    readonly isOnBattery: boolean
    /** Null where there is no battery or nobody tells. */
    readonly percent: number | null
  }
  readonly network: {
    readonly metered: 'yes' | 'no' | 'unknown'
    readonly line: NetworkName | null
  }
  readonly whenDone: WhenDone
  /** Null while something is on its way. */
  readonly ending: Ending | null
}

/** Whether and how it is started at login. */
export interface LoginItem {
  readonly isOn: boolean
  /** `approval`: macOS waits for the person's word in its own settings; `no`: not in this kind of installation. */
  readonly can: 'yes' | 'approval' | 'no'
}

/** Entries in the menus of file managers, and in the desktop's own (`menu`), put there for this user. */
export interface FileManagerEntry {
  readonly id: 'menu' | 'nautilus' | 'nemo' | 'dolphin' | 'finder'
  readonly isOn: boolean
}
