import { posix } from 'node:path'
import { floors, type Room } from './floors.ts'

const clockAndChance = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'requestIdleCallback', 'crypto', 'performance']
const platform = [
  ...['window', 'document', 'navigator', 'location', 'globalThis', 'self', 'process', 'Buffer', 'console'],
  ...['indexedDB', 'localStorage', 'sessionStorage', 'caches', 'fetch', 'XMLHttpRequest', 'WebSocket', 'RTCPeerConnection'],
  ...['Worker', 'SharedWorker', 'BroadcastChannel', 'MessageChannel'],
]
const globalsWithout = { nothing: [], 'clock and chance': clockAndChance, 'every platform': [...clockAndChance, ...platform] }

/** Turns one row of the table into the rules for the files of its room, and for those one folder deeper. */
function fences([room, row]: [string, Room]) {
  return [
    { files: [`${room}/*.{ts,tsx}`], rules: rules(room, row, room, []) },
    { files: [`${room}/*/**/*.{ts,tsx}`], rules: rules(room, row, `${room}/deeper`, ['!../**', '../../**']) },
  ]
}

function rules(room: string, { sees, seesTypesOf = {}, packages, without }: Room, folder: string, own: readonly string[]) {
  const visible = [...sees.map((each) => (each.endsWith('.ts') ? each : `${each}/**`)), ...Object.values(seesTypesOf).flat()]
  const below = visible.map((path) => `!${posix.relative(folder, path)}`)
  // Patterns work as in .gitignore: refuse everything, then let in the rooms of the table again.
  const refused = packages === undefined ? ['./**', '../**'] : ['*']
  const group = [...refused, '!./**', ...own, ...below, ...(packages ?? []).map((name) => `!${name}`)]
  const others = { group, message: `${room} does not see this: the table is src/floors.ts.` }
  const typesOnly = Object.keys(seesTypesOf).map((each) => ({
    regex: `^[./]*/${each}/`,
    allowTypeImports: true,
    message: `${room} sees only types of ${each}: the table is src/floors.ts.`,
  }))
  return {
    // Order matters: once a later pattern lets an import in again, no other pattern checks it.
    'typescript/no-restricted-imports': ['error', { patterns: [...typesOnly, others] }],
    'no-restricted-globals': ['error', ...globalsWithout[without]],
    'no-restricted-properties': without === 'nothing' ? 'off' : ['error', { object: 'Math', property: 'random' }],
    'no-console': without === 'nothing' ? 'off' : 'error',
  }
}

const tests = ['**/*.test.{ts,tsx}', '**/*.contract.ts', '**/*.rig.ts', '**/*.bench.ts']

/** Attributes whose text a person reads or hears. */
const labels = ['alt', 'aria-label', 'aria-valuetext', 'label', 'placeholder', 'text', 'title']

export default {
  plugins: ['typescript', 'import', 'oxc', 'unicorn'],
  categories: { correctness: 'error' },
  rules: {
    'max-lines': ['error', { max: 300 }],
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'no-var': 'error',
    'prefer-const': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-namespace': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/unbound-method': 'off', // our factories return plain functions: there is no `this` to lose
    'unicorn/no-thenable': 'off', // the table of errors calls the reaction `then`
    'unicorn/no-useless-spread': 'off', // a loop that changes its own list needs a copy
    'unicorn/filename-case': ['error', { cases: { kebabCase: true, pascalCase: true } }],
  },
  overrides: [
    ...Object.entries(floors).flatMap(fences),
    {
      files: ['ui/**/*.tsx', 'main.tsx'],
      plugins: ['react', 'jsx-a11y'],
      rules: {
        'react/react-in-jsx-scope': 'off',
        'react/rules-of-hooks': 'error',
        'react/exhaustive-deps': 'error',
        // Texts that people read belong in ui/words; setup/rooms.test.ts checks the strings that this rule does not see.
        'react/jsx-no-literals': [
          'error',
          { noStrings: true, ignoreProps: true, restrictedAttributes: labels, allowedStrings: [',', '.', '(', ')', '0'] },
        ],
        'jsx-a11y/prefer-tag-over-role': 'off', // no tag can express our grid or our meter of pieces
      },
    },
    // An import of `?worker&url` has an address as its default export, which no file has.
    { files: ['adapters/browser/*.ts', '**/bench/pages/*.ts'], rules: { 'import/default': 'off' } },
    {
      files: tests,
      rules: {
        'typescript/no-restricted-imports': 'off',
        'no-restricted-globals': 'off',
        'no-restricted-properties': 'off',
        'no-console': 'off',
      },
    },
    // oxlint requires a default export here.
    { files: ['oxlint.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
}
