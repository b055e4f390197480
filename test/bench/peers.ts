import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from './launch.ts'
import type { S3Target } from './s3-target.ts'

// The commands of the peers for the same upload: this file, in parts of 100 MiB, four at a time.

const partMiB = 100
const partsAtOnce = 4
const system = (name: string) => (existsSync(`/usr/bin/${name}`) ? `/usr/bin/${name}` : name)

/** curl with one PUT to a URL that needs no credentials: the sink's or a presigned one. */
export function curlPut(path: string, url: string): Command {
  return { words: ['curl', '-sfk', '-o', '/dev/null', '-T', path, url] }
}

/** One curl process for many files, `width` at a time. */
export async function curlMany(
  folder: string,
  puts: readonly { readonly path: string; readonly url: string }[],
  width: number,
): Promise<Command> {
  const config = join(folder, 'curl-many.conf')
  const lines = puts.flatMap(({ path, url }) => [
    `upload-file = "${path}"`,
    `url = "${url}"`,
    'output = "/dev/null"',
  ])
  await writeFile(config, lines.join('\n'))
  return { words: ['curl', '-sfkZ', '--parallel-immediate', '--parallel-max', String(width), '-K', config] }
}

/** curl sends while sha256sum hashes: the lower bound for hashing while sending. */
export function curlBesideSha256(path: string, url: string): Command {
  const script = 'curl -sfk -o /dev/null -T "$0" "$1" & sha256sum "$0" > /dev/null || exit 1; wait $!'
  return { words: ['sh', '-c', script, path, url] }
}

/** The same for many files, `width` PUTs at a time. */
export async function curlManyBesideSha256(
  folder: string,
  puts: readonly { readonly path: string; readonly url: string }[],
  width: number,
): Promise<Command> {
  const { words } = await curlMany(folder, puts, width)
  const script = `${words.join(' ')} & sha256sum "$@" > /dev/null || exit 1; wait $!`
  return { words: ['sh', '-c', script, 'sh', ...puts.map(({ path }) => path)] }
}

/** The AWS CLI with its classic transfer client. */
async function awsCopy(folder: string, path: string, target: S3Target, key: string): Promise<Command> {
  const config = join(folder, 'aws.conf')
  const settings = [
    'preferred_transfer_client = classic',
    `multipart_threshold = ${partMiB}MB`,
    `multipart_chunksize = ${partMiB}MB`,
    `max_concurrent_requests = ${partsAtOnce}`,
  ]
  await writeFile(config, `[default]\ns3 =\n${settings.map((line) => `  ${line}\n`).join('')}`)
  const { endpoint, bucket } = target
  return {
    words: [
      system('aws'),
      ...['--endpoint-url', endpoint, 's3', 'cp', '--only-show-errors', path, `s3://${bucket}/${key}`],
    ],
    environment: {
      ...keysOf(target),
      AWS_CONFIG_FILE: config,
      AWS_EC2_METADATA_DISABLED: 'true',
      // Other S3 servers reject checksums in trailers, which are the default since version 2.23.
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    },
  }
}

function minioPut(folder: string, path: string, target: S3Target, key: string): Command {
  const { endpoint, accessKey, secretKey, bucket } = target
  const [scheme = '', host = ''] = endpoint.split('://')
  return {
    words: [
      system('minio-client'),
      ...['--quiet', '--config-dir', join(folder, 'minio-client'), 'put'],
      ...['--parallel', String(partsAtOnce), '--part-size', `${partMiB}MiB`, path, `bench/${bucket}/${key}`],
    ],
    environment: { MC_HOST_bench: `${scheme}://${accessKey}:${secretKey}@${host}` },
  }
}

function rcloneCopy(_folder: string, path: string, target: S3Target, key: string): Command {
  return {
    words: [
      system('rclone'),
      ...['--config', '/dev/null', 'copyto', path, `:s3:${target.bucket}/${key}`],
      ...[
        '--s3-provider',
        'Other',
        '--s3-endpoint',
        target.endpoint,
        '--s3-env-auth',
        '--s3-no-check-bucket',
      ],
      ...['--s3-upload-cutoff', `${partMiB}M`, '--s3-chunk-size', `${partMiB}M`],
      ...['--s3-upload-concurrency', String(partsAtOnce)],
    ],
    environment: keysOf(target),
  }
}

function keysOf({ accessKey, secretKey, region }: S3Target): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_DEFAULT_REGION: region }
}

/** The peers that support S3, with the maximum ratio of our time to theirs. */
export const s3Peers = [
  { program: 'aws', name: 'aws cli classic', atMost: 0.85, command: awsCopy },
  { program: 'minio-client', name: 'minio-client', atMost: 0.75, command: minioPut },
  { program: 'rclone', name: 'rclone', atMost: 0.5, command: rcloneCopy },
] as const
