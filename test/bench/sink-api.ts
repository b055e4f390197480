import { createServer, type IncomingMessage } from 'node:http'
import { randomUUID } from 'node:crypto'
import process from 'node:process'

// A Cyberun API that remembers nothing and presigns URLs of the discarding sink, so that what is measured is the client.
// Runs as a process of its own: `node sink-api.ts <sink's origin> <part size in bytes>`; prints its base URL.

const [sink = '', partSize = '0'] = process.argv.slice(2)
const partSizeBytes = Number(partSize)

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

function answerTo(path: string, body: Record<string, unknown>): unknown {
  switch (path) {
    case '/users/me':
      return {
        id: 'bench',
        display_name: 'Bench',
        email_address: 'b@example.com',
        team_list: [{ id: 't', display_name: 'T' }],
      }
    case '/models/presign':
      return {
        upload_url: `${sink}/b/${randomUUID()}`,
        storage_key: randomUUID(),
        upload_headers: { 'Content-Length': String(body['file_size']), 'If-None-Match': '*' },
      }
    case '/uploads/multipart/initiate': {
      const part_count = Math.ceil(Number(body['file_size']) / partSizeBytes)
      return {
        upload_id: randomUUID(),
        storage_key: body['storage_key'],
        part_size: partSizeBytes,
        part_count,
      }
    }
    case '/uploads/multipart/presign-part':
      return {
        upload_url: `${sink}/b/k?partNumber=${String(body['part_number'])}&uploadId=u`,
        upload_headers: {},
      }
    case '/models':
      return { id: randomUUID() }
    default:
      return { is_success: true }
  }
}

const server = createServer((request, response) => {
  void bodyOf(request).then((body) => {
    const answer = answerTo((request.url ?? '').replace('/api/v1', ''), body)
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}/api/v1`)
})
