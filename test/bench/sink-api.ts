import { randomUUID } from 'node:crypto'
import process from 'node:process'
import { startApiStandIn } from './api-stand-in.ts'

// The API in front of the discarding sink, in its own process: `node sink-api.ts <sink's origin> <part size
// in bytes>`; prints its base URL.

const [sink = '', partSize = '0'] = process.argv.slice(2)
const url = await startApiStandIn({
  partSizeBytes: Number(partSize),
  storage: {
    presignPut: async (key, sizeBytes) => ({
      url: `${sink}/b/${key}`,
      headers: { 'Content-Length': String(sizeBytes), 'If-None-Match': '*' },
    }),
    createUpload: async () => randomUUID(),
    presignPart: async (key, uploadId, partNumber) => ({
      url: `${sink}/b/${key}?partNumber=${partNumber}&uploadId=${uploadId}`,
      headers: {},
    }),
    completeUpload: async () => {},
  },
})
console.log(url)
