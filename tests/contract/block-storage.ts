import type { BlockStorage, StorageChange } from '../../sdk/platform/block-storage.js'

/**
 * What holds for everything that logs are kept in, as cases that run wherever there is one: in Node under the test runner, and
 * in a page, which has none. So they bring their own comparison.
 */

/** A place to keep things in, empty at first. */
export interface StoragePlace {
  readonly open: () => Promise<BlockStorage>
  /** Takes it away from under those who have it open, as a user can. */
  readonly destroy: () => Promise<void>
}

export interface StorageCase {
  readonly name: string
  readonly run: (place: StoragePlace) => Promise<void>
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const fill = (size: number, value: number): Uint8Array => new Uint8Array(size).fill(value)
const strict = { durability: 'strict' } as const

const show = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? `bytes ${[...each].join()}` : each))
const same = (actual: unknown, expected: unknown): void => {
  if (show(actual) !== show(expected)) throw new Error(`expected ${show(expected)}, not ${show(actual)}`)
}

const codeOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error)
  }
  return 'it did not fail'
}

/** Opened, and closed whatever comes of it. */
const using = async (place: StoragePlace, work: (storage: BlockStorage) => Promise<void>): Promise<void> => {
  const storage = await place.open()
  try {
    await work(storage)
  } finally {
    await storage.close()
  }
}

const put = (...keys: Uint8Array[]): StorageChange[] => keys.map((key) => ({ key, value: key }))

export const storageCases: readonly StorageCase[] = [
  {
    name: 'gives nothing where nothing was written',
    run: (place) =>
      using(place, async (storage) => {
        same(await storage.get(bytes(1)), null)
        same(await storage.last(bytes(0), bytes(255)), null)
        same(await storage.range(bytes(0), bytes(255), 10), [])
      }),
  },
  {
    name: 'gives what was written, to whoever opens it anew',
    run: async (place) => {
      for (const durability of ['strict', 'relaxed'] as const) {
        const key = bytes(durability.length)
        await using(place, async (storage) => {
          same(await storage.write([{ key, value: bytes(1, 2, 3) }], { durability }), true)
          same(await storage.get(key), bytes(1, 2, 3))
        })
        await using(place, async (storage) => same(await storage.get(key), bytes(1, 2, 3)))
      }
    },
  },
  {
    name: 'replaces and removes',
    run: (place) =>
      using(place, async (storage) => {
        await storage.write(put(bytes(1), bytes(2)), strict)
        const changes = [
          { key: bytes(1), value: bytes(9) },
          { key: bytes(2), value: null },
          { key: bytes(3), value: null },
        ]
        await storage.write(changes, strict)
        same(await storage.range(bytes(0), bytes(9), 9), [{ key: bytes(1), value: bytes(9) }])
      }),
  },
  {
    name: 'keeps keys and values of every length, apart from each other',
    run: (place) =>
      using(place, async (storage) => {
        const keys = [bytes(0), bytes(0, 0), bytes(255), fill(512, 255), fill(41, 0)]
        const values = [bytes(0), fill(41, 0), fill(65_537, 7), fill(1_048_576, 8), fill(300_000, 9)]
        const changes = keys.map((key, index) => ({ key, value: values[index] as Uint8Array }))
        await storage.write(changes, strict)
        for (const { key, value } of changes) {
          const kept = await storage.get(key)
          same([kept?.length, kept?.[0], kept?.at(-1)], [value.length, value[0], value.at(-1)])
        }
      }),
  },
  {
    name: 'orders keys bytewise, a prefix before what it begins',
    run: (place) =>
      using(place, async (storage) => {
        const sorted = [
          bytes(0),
          bytes(0, 0),
          bytes(0, 255),
          bytes(1),
          bytes(1, 0, 0),
          bytes(1, 1),
          bytes(127),
          bytes(128),
          bytes(255),
        ]
        await storage.write(put(...[...sorted].reverse()), strict)
        const keysOf = async (from: Uint8Array, to: Uint8Array, limit: number) =>
          (await storage.range(from, to, limit)).map(({ key }) => key)
        same(await keysOf(bytes(0), bytes(255), 100), sorted)
        same(await keysOf(bytes(0, 1), bytes(1, 0, 0), 100), [bytes(0, 255), bytes(1), bytes(1, 0, 0)])
        same(await keysOf(bytes(0), bytes(255), 2), [bytes(0), bytes(0, 0)])
        same(await keysOf(bytes(2), bytes(3), 100), [])
        same((await storage.last(bytes(0), bytes(200)))?.key, bytes(128))
        same((await storage.last(bytes(0), bytes(128)))?.key, bytes(128))
        same(await storage.last(bytes(2), bytes(126)), null)
        same((await storage.last(bytes(0), bytes(0, 254)))?.value, bytes(0, 0))
      }),
  },
  {
    name: 'writes nothing when what it expects is not so',
    run: (place) =>
      using(place, async (storage) => {
        const [head, other] = [bytes(1), bytes(2)]
        const write = (expected: Uint8Array | null, value: Uint8Array) =>
          storage.write(
            [
              { key: head, value },
              { key: other, value },
            ],
            { ...strict, expect: [{ key: head, value: expected }] },
          )
        same(await write(bytes(7), bytes(1)), false)
        same(await storage.get(other), null)
        same(await write(null, bytes(1)), true)
        same(await write(null, bytes(2)), false)
        same(await write(bytes(2), bytes(2)), false)
        same(await storage.get(other), bytes(1))
        same(await write(bytes(1), bytes(3)), true)
        same([await storage.get(head), await storage.get(other)], [bytes(3), bytes(3)])
      }),
  },
  {
    name: 'writes nothing when one of several things that it expects is not so, whichever',
    run: (place) =>
      using(place, async (storage) => {
        const [one, other, more] = [bytes(1), bytes(2), bytes(3)]
        await storage.write(put(one), strict)
        const write = (...expected: readonly (Uint8Array | null)[]) =>
          storage.write(put(more), {
            ...strict,
            expect: [
              { key: one, value: expected[0] ?? null },
              { key: other, value: expected[1] ?? null },
            ],
          })
        same([await write(null, null), await write(one, other), await write(other, null)], [false, false, false])
        same(await storage.get(more), null)
        same(await write(one, null), true)
        same(await storage.get(more), more)
      }),
  },
  {
    name: 'lets one of many through that expect the same at once, whoever has it open',
    run: async (place) => {
      const storages = [await place.open(), await place.open()]
      const key = bytes(1)
      const results = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (storages[index % 2] as BlockStorage).write([{ key, value: bytes(index) }], {
            ...strict,
            expect: [{ key, value: null }],
          }),
        ),
      )
      same(results.filter((result) => result).length, 1)
      const [kept] = (await storages[1]?.get(key)) ?? []
      same(results[kept ?? -1], true)
      for (const storage of storages) await storage.close()
    },
  },
  {
    name: 'shows what was written to all that have it open',
    run: async (place) => {
      const [one, other] = [await place.open(), await place.open()]
      await one.write(put(bytes(5)), { durability: 'relaxed' })
      same(await other.get(bytes(5)), bytes(5))
      await one.close()
      same(await other.get(bytes(5)), bytes(5))
      await other.close()
    },
  },
  {
    name: 'is not told of what it writes itself, nor once it does not want to be',
    run: (place) =>
      using(place, async (storage) => {
        let told = 0
        const stop = storage.onForeignWrite(() => told++)
        await storage.write(put(bytes(1)), strict)
        stop()
        await using(place, async (other) => {
          await other.write(put(bytes(2)), strict)
        })
        await storage.get(bytes(2))
        same(told, 0)
      }),
  },
  {
    name: 'is not changed by what its users do to their bytes afterwards',
    run: (place) =>
      using(place, async (storage) => {
        const around = fill(100, 1)
        await storage.write([{ key: bytes(1), value: around.subarray(10, 20) }], strict)
        around.fill(2)
        const given = await storage.get(bytes(1))
        given?.fill(3)
        same(await storage.get(bytes(1)), fill(10, 1))
      }),
  },
  {
    name: 'finishes what was begun when it is closed, and takes nothing more',
    run: async (place) => {
      const storage = await place.open()
      const writing = storage.write(put(bytes(1)), strict)
      await Promise.all([storage.close(), storage.close()])
      same(await writing, true)
      same(await codeOf(storage.get(bytes(1))), 'closed')
      same(await codeOf(storage.last(bytes(1), bytes(2))), 'closed')
      same(await codeOf(storage.range(bytes(1), bytes(2), 1)), 'closed')
      same(await codeOf(storage.write(put(bytes(1)), strict)), 'closed')
      same(storage.lost.aborted, false)
      await using(place, async (again) => same(await again.get(bytes(1)), bytes(1)))
    },
  },
  {
    name: 'says that it is lost when it is taken away, and stays so',
    run: async (place) => {
      const storage = await place.open()
      await storage.write(put(bytes(1)), strict)
      await place.destroy()
      same(await codeOf(storage.write(put(bytes(2)), strict)), 'storage-lost')
      same([storage.lost.aborted, (storage.lost.reason as { code?: unknown }).code], [true, 'storage-lost'])
      same(await codeOf(storage.get(bytes(1))), 'storage-lost')
      same(await codeOf(storage.write(put(bytes(2)), strict)), 'storage-lost')
      await storage.close()
      await using(place, async (again) => same(await again.get(bytes(1)), null))
    },
  },
]
