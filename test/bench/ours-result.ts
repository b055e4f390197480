/** Options of ours.ts. */
export interface OursOptions {
  /** Folder of the journal; created if missing. */
  readonly folder: string
  readonly server: string
  /** Larger files are uploaded in parts. */
  readonly singlePutLimitBytes: number
  readonly atOnce: number
  /** Maximum number of parallel PUTs; defaults to the app's maximum. */
  readonly streamsMost?: number
  /** Files and folders. */
  readonly paths: readonly string[]
  /** Defaults to the number of paths. */
  readonly fileCount?: number
}

/** Measured by ours.ts with getrusage and /proc, from adding the files until the last one was registered. */
export interface OursResult {
  readonly seconds: number
  readonly cpuSeconds: number
  /** Peak memory of the process after the empty queue was measured. */
  readonly peakMiB: number
  /** Memory of the process with an empty queue. */
  readonly idleMiB: number
  /** 99th percentile of the main thread's event-loop delay. */
  readonly lagP99Ms: number
}

/** Options of floor.ts. */
export interface FloorOptions {
  /** One file as one PUT, one file in parts, or many small files. */
  readonly kind: 'whole' | 'parts' | 'small'
  /** Of the sink. */
  readonly origin: string
  readonly partBytes: number
  /** Parallel PUTs. */
  readonly atOnce: number
  readonly paths: readonly string[]
}

export interface FloorResult {
  readonly seconds: number
  readonly cpuSeconds: number
}
