/** What ours.ts is to upload. */
export interface OursOptions {
  /** For the journal; made when missing. */
  readonly folder: string
  /** Base URL of the API. */
  readonly server: string
  /** Larger files go in parts, in bytes. */
  readonly singlePutLimitBytes: number
  readonly atOnce: number
  /** The most PUTs that may run at once; as many as the app allows unless told. */
  readonly streamsMost?: number
  readonly paths: readonly string[]
}

/** What ours.ts saw, by getrusage and /proc, from adding the files until the last one was registered. */
export interface OursResult {
  readonly seconds: number
  readonly cpuSeconds: number
  /** High-water mark of the whole process since the queue was empty. */
  readonly peakMiB: number
  /** What the process held with an empty queue. */
  readonly idleMiB: number
  /** 99th percentile of the main thread's event-loop delay. */
  readonly lagP99Ms: number
}
