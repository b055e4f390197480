/** A part that storage has acknowledged. */
export interface AcknowledgedPart {
  /** From 1 to 10,000. */
  readonly number: number
  /** Exactly as storage returned it, quotes included. */
  readonly etag: string
  /** Checksum of the sent bytes (see transfer/block-pool.ts). */
  readonly checksum: number
}

/** The multipart upload that a part belongs to. */
export interface PartOwner {
  /** Id of the upload's row. */
  readonly rowId: string
  /** Storage's id of the multipart upload. */
  readonly multipartId: string
}
