/**
 * Blocks of memory that files are read into and sent from, with a checksum that costs next to nothing. Two readers of one
 * file compare it to know that they saw the same bytes: zlib's CRC-32 would cost as much as half the sending, this a
 * fortieth of it. It tells versions of a file apart; what the record promises is the SHA-256.
 *
 * The sum runs in WebAssembly over memory that Node reads into and writes from, so nothing is copied. Assembled by wabt from
 *
 *   (loop $more                                             ;; 16 bytes at a time, as four 32-bit words
 *     (local.set $sum (i32x4.add (local.get $sum) (v128.load (local.get $at))))
 *     (local.set $sums (i32x4.add (local.get $sums) (local.get $sum)))   ;; so that the order counts (Fletcher, 1982)
 *     …)
 *
 * and then folded to 32 bits by `hash = rotl(hash ^ word, 13) * 0x9e3779b1` over the words of both vectors. The test holds it against
 * the same sum written out in JavaScript.
 */
const program =
  'AGFzbQEAAAABBwFgAn9/AX8DAgEABQQBAIACBxMCBm1lbW9yeQIABmRpZ2VzdAAACtwBAdkBAgJ7AX8CQCAAIAFPDQADQCACIAD9AAQA/a4BIQ' +
  'IgAyAC/a4BIQMgAEEQaiEAIAAgAUkNAAsLIAQgAv0bAHNBDXdBsfPd8XlsIQQgBCAC/RsBc0ENd0Gx893xeWwhBCAEIAL9GwJzQQ13QbHz3fF5' +
  'bCEEIAQgAv0bA3NBDXdBsfPd8XlsIQQgBCAD/RsAc0ENd0Gx893xeWwhBCAEIAP9GwFzQQ13QbHz3fF5bCEEIAQgA/0bAnNBDXdBsfPd8XlsIQ' +
  'QgBCAD/RsDc0ENd0Gx893xeWwhBCAECw=='

/** 1 MiB is the measured best between disk and socket. */
export const blockBytes = 1024 * 1024
/** The program declares 16 MiB of memory; only pages that are touched take room. */
const blocksPerMemory = 16
const chunkBytes = 16

/** The part of WebAssembly's interface that is used: Node has it, Node's types leave it to the DOM's. */
declare const WebAssembly: {
  readonly Module: new (program: Uint8Array) => object
  readonly Instance: new (module: object) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer }
      readonly digest: (at: number, end: number) => number
    }
  }
}

export interface Block {
  readonly bytes: Buffer
  /** Folds the first `length` bytes into a checksum: the sum of a stream is the fold over its full blocks, in order. */
  fold(checksum: number, length: number): number
}

/** Blocks that are used again, so that a thousand parts need no more memory than the first. One supply a thread. */
export interface Blocks {
  take(): Block
  give(block: Block): void
}

export function createBlocks(): Blocks {
  const module = new WebAssembly.Module(Buffer.from(program, 'base64'))
  const free: Block[] = []

  function addMemory(): void {
    const { memory, digest } = new WebAssembly.Instance(module).exports
    for (let index = 0; index < blocksPerMemory; index += 1) {
      const at = index * blockBytes
      const bytes = Buffer.from(memory.buffer, at, blockBytes)
      free.push({
        bytes,
        fold(checksum, length) {
          const end = Math.ceil(length / chunkBytes) * chunkBytes
          bytes.fill(0, length, end)
          return (Math.imul(checksum, 31) + digest(at, at + end) + length) >>> 0
        },
      })
    }
  }

  return {
    take() {
      if (free.length === 0) addMemory()
      return free.pop() as Block
    },
    give: (block) => void free.push(block),
  }
}
