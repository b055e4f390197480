import process from 'node:process'
import { openStorage } from '../cloud/storage.ts'
import type { S3Target } from './s3-target.ts'
import { startApiStandIn } from './api-stand-in.ts'

// The API in front of a real S3 server, in its own process: `node s3-api.ts <S3Target as JSON> <part size in
// bytes>`; prints its base URL. The presigned URLs point to the server itself, without a proxy in between.

const [target = '{}', partSize = '0'] = process.argv.slice(2)
const { endpoint, accessKey, secretKey, region, bucket } = JSON.parse(target) as S3Target
const storage = openStorage({
  endpoint,
  publicOrigin: endpoint,
  signedOrigin: endpoint,
  accessKey,
  secretKey,
  region,
  bucket,
  urlSeconds: 3600,
  now: Date.now,
})
const honest = { signsHeaders: true, expired: false }
const url = await startApiStandIn({
  partSizeBytes: Number(partSize),
  storage: {
    presignPut: (key, sizeBytes) => storage.presignPut(key, { ...honest, sizeBytes }),
    createUpload: (key) => storage.createUpload(key),
    // A part's length is not signed, because the API does not store file sizes.
    presignPart: (key, uploadId, partNumber) =>
      storage.presignPart(key, uploadId, partNumber, { ...honest, signsHeaders: false, sizeBytes: 0 }),
    async completeUpload(key, uploadId, parts) {
      const refused = await storage.completeUpload(key, uploadId, parts)
      if (refused) throw new Error(`storage refused to join the parts: ${refused.code}`)
    },
  },
})
console.log(url)
