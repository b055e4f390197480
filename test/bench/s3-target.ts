export interface S3Target {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
  readonly bucket: string
}
