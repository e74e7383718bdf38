/**
 * The layers of the house (ARCHITECTURE.md). A room imports the rooms and the outside packages of its row and nothing
 * else; `files` are single files of other rooms, and `types` rooms of which it may import types alone. `sdk/errors.ts` is open to all.
 */
const rooms = {
  'sdk/util': { rooms: [], outside: [] },
  'sdk/platform': { rooms: ['sdk/util'], outside: ['idb', 'lmdb', 'ws', '@roamhq/wrtc'], node: true },
  'sdk/protocol': { rooms: ['sdk/util'], outside: ['lib0'] },
  'sdk/crypto': {
    rooms: ['sdk/protocol', 'sdk/platform', 'sdk/util'],
    outside: ['libsodium-wrappers', '@noble/hashes'],
  },
  'sdk/link': { rooms: ['sdk/protocol', 'sdk/platform', 'sdk/util'], outside: ['simple-peer', '@noble/hashes'] },
  'sdk/discovery': { rooms: ['sdk/protocol', 'sdk/platform', 'sdk/util'], outside: [] },
  'sdk/mesh': { rooms: ['sdk/protocol', 'sdk/util'], types: ['sdk/crypto'], outside: [] },
  'sdk/channel': { rooms: ['sdk/protocol', 'sdk/util'], files: ['sdk/mesh/(streams|events)[.]ts$'], outside: [] },
  'sdk/transfer': {
    rooms: ['sdk/crypto', 'sdk/platform', 'sdk/protocol', 'sdk/util'],
    files: ['sdk/mesh/streams[.]ts$'],
    outside: [],
  },
  'sdk/media': {
    rooms: ['sdk/platform', 'sdk/protocol', 'sdk/util'],
    files: ['sdk/mesh/streams[.]ts$', 'sdk/link/media[.]ts$'],
    outside: [],
  },
  'sdk/log': {
    rooms: ['sdk/crypto', 'sdk/platform', 'sdk/protocol', 'sdk/util'],
    files: ['sdk/index[.]ts$', 'sdk/mesh/streams[.]ts$'],
    outside: ['@scure/bip39'],
  },
  'sdk/group': {
    rooms: [
      'sdk/channel',
      'sdk/transfer',
      'sdk/media',
      'sdk/mesh',
      'sdk/discovery',
      'sdk/link',
      'sdk/crypto',
      'sdk/protocol',
      'sdk/platform',
      'sdk/util',
    ],
    outside: [],
  },
  bots: {
    rooms: [],
    files: ['sdk/index[.]ts$', 'sdk/log/index[.]ts$', 'sdk/group/host[.]ts$'],
    outside: ['cac', '@roamhq/wrtc'],
    node: true,
  },
  signaling: {
    rooms: ['sdk/protocol', 'sdk/util'],
    outside: ['hono', '@hono/node-server', 'ws', 'cac'],
    node: true,
  },
}

const any = (paths) => `^(${paths.join('|')})`
const folder = (room) => `${room}/`
const npm = (name) => `node_modules/(@types/)?${name}/`
const outsideTypes = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown']

const rulesOf = ([room, row]) => {
  const from = { path: `^${room}/` }
  const types = row.types ?? []
  return [
    {
      name: `${room}: rooms`,
      comment: `May import ${row.rooms.join(', ') || 'no other room'}.`,
      severity: 'error',
      from,
      to: {
        path: '^(sdk|signaling|bots|demo|tests|scripts)/',
        pathNot: any([
          folder(room),
          'sdk/errors[.]ts$',
          ...(row.files ?? []),
          ...row.rooms.map(folder),
          ...types.map(folder),
        ]),
      },
    },
    ...types.map((other) => ({
      name: `${room}: types of ${other}`,
      comment: `May import types alone from ${other}.`,
      severity: 'error',
      from,
      to: { path: `^${other}/`, dependencyTypesNot: ['type-only'] },
    })),
    {
      name: `${room}: packages`,
      comment: `May import ${row.outside.join(', ') || 'no package'}.`,
      severity: 'error',
      from,
      to: {
        dependencyTypes: outsideTypes,
        ...(row.outside.length > 0 ? { pathNot: any(row.outside.map(npm)) } : {}),
      },
    },
    ...(row.node
      ? []
      : [
          {
            name: `${room}: Node`,
            comment: 'Runs in browsers: what Node gives comes through platform/.',
            severity: 'error',
            from,
            to: { dependencyTypes: ['core'] },
          },
        ]),
  ]
}

module.exports = {
  forbidden: [
    ...Object.entries(rooms).flatMap(rulesOf),
    {
      name: 'front doors',
      comment: 'sdk/index.ts and global.ts re-export what group/ makes public.',
      severity: 'error',
      from: { path: '^sdk/(index|global|global-media)[.]ts$' },
      to: { pathNot: '^sdk/(group/|index[.]ts$|errors[.]ts$)' },
    },
    {
      name: 'browser twins',
      comment: 'Run in pages: what Node gives belongs to the other twin.',
      severity: 'error',
      from: { path: '[.]browser[.]ts$' },
      to: { dependencyTypes: ['core', ...outsideTypes], pathNot: npm('idb') },
    },
    {
      name: 'errors',
      comment: 'Open to all, so it imports nothing.',
      severity: 'error',
      from: { path: '^sdk/errors[.]ts$' },
      to: {},
    },
    {
      name: 'room without a row',
      comment: 'Every folder of sdk/ has a row in the table above.',
      severity: 'error',
      from: {
        path: '^sdk/',
        pathNot: any([...Object.keys(rooms).map(folder), 'sdk/[^/]+[.]ts$']),
      },
      to: {},
    },
    {
      name: 'published parts only',
      comment: 'Demos import what a user would, and so prove the exports.',
      severity: 'error',
      from: { path: '^demo/' },
      to: { path: '^(sdk|signaling|tests)/' },
    },
    {
      name: 'cycle',
      severity: 'error',
      from: {},
      // Of types alone is fine: nothing of it is left at run time.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not found',
      severity: 'error',
      from: {},
      // `skein` is this package itself, found only once built.
      to: { couldNotResolve: true, pathNot: '^skein(/|$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts'],
    },
  },
}
