import react from '@vitejs/plugin-react'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { buildPages } from './setup/build-pages.ts'
import { buildServiceWorker } from './setup/build-service-worker.ts'
import { buildWasm } from './setup/build-wasm.ts'
import { noteChunks } from './setup/chunk-graph.ts'
import { chromiumFlags, findChromium } from './setup/chromium.mjs'

await buildWasm()
const isTest = process.env.VITEST !== undefined
const chromium = isTest ? await findChromium() : undefined
/** Packages that a browser test comes upon late. */
const latePackages = [
  'comlink',
  'idb',
  '@noble/ciphers/aes.js',
  '@noble/curves/ed25519.js',
  '@noble/hashes/hkdf.js',
  '@noble/hashes/sha2.js',
  '@scure/base',
  '@scure/bip39',
  '@scure/bip39/wordlists/english.js',
  'axe-core',
  'react',
  'react/jsx-dev-runtime',
  'react-dom/client',
  'wouter',
]
const filesChunk =
  /\/src\/ui\/(?:files\/(?:details-panel|divide-drop|doubles-dialog|file-row|keepers-table|search|share-dialog|versions-list)\.|folders\/|transfers\/transfers-tray\.|you\/back-up-hint\.|words\/(?:back-up|double|fact|file|folder|list|version)-words\.)|\/src\/core\/healing\/outlook\.ts|node_modules\/@tanstack\//
const rowsChunk =
  /\/src\/ui\/(?:files\/kind|parts\/(?:bar|meter|use-hidden)|transfers\/transfers|words\/(?:parts|row|transfer)-words)\.tsx?$/
/** A test waits for facts, however slow the machine: after this long it is hung. */
const HUNG_MS = 600_000
const launchOptions = { args: ['--no-sandbox', ...chromiumFlags], ...(chromium === undefined ? {} : { executablePath: chromium }) }

/** What the first paint needs is one chunk: in several it is packed worse, and each is asked for by itself. */
const shellChunk = [
  /preload-helper/,
  /node_modules\/(?:react|react-dom|scheduler|wouter|regexparam|use-sync-external-store)\//,
  /\/src\/core\/(?:errors|file-name|needs|utf8-length)\.ts$/,
  /\/src\/ports\/running-clock\.ts$/,
  /\/src\/adapters\/browser\/downloads\/download-sink\.ts$/,
  /\/src\/ui\/(?:app|dropped|fragment|index|lazy-screens|leaving|mount-app|notices|open-folder|queued-row|screen-model|shell|surroundings)\.tsx?$/,
  /\/src\/ui\/(?:downloads\/(?:downloads|rate|use-download)|words\/(?:figures|shell-words|welcome-words|words))\.ts$/,
  /\/src\/ui\/parts\/(?:icon|mark|name|page|status-line|toaster|trouble)\.tsx$/,
  /\/src\/ui\/files\/(?:add-buttons|files-screen|pickers|rows-to-come|scatter|welcome)\.tsx?$/,
  /\/src\/ui\/you\/theme\.ts$/,
]

// oxlint-disable-next-line import/no-default-export -- vite asks for one
export default defineConfig({
  plugins: [react(), buildPages(), noteChunks(), buildServiceWorker()],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Our own peer beside the network it runs on, so that each shows in the budgets; what the shell itself needs stays with the shell.
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'shell', test: (id) => shellChunk.some((module) => module.test(id)) },
            // What a device without pieces of others never loads. What others say of their repairs is heard before it is loaded.
            { name: 'guardian', test: /\/src\/peer\/repairing\/(?!heard-repairs\.)/ },
            { name: 'leaving', test: /\/src\/peer\/leaving\// },
            // What only a device with files of its own needs, once they are stored.
            { name: 'care', test: /\/src\/peer\/(?:care-for-files\.|late-recoding\.|files\/caring\/)/ },
            // What only a device needs whose packs are not whole any more, or shared, or whose files have versions, and
            // what the details of a file show and do.
            { name: 'packs', test: /\/src\/peer\/(?:files\/(?:file-versions|keepers|packs)|storing\/free-copy)\./ },
            { name: 'acts', test: /\/src\/peer\/tree\/tree-acts\./ },
            // What deletes for good, and ends contents in step with the other devices of a vault.
            { name: 'ending', test: /\/src\/peer\/files\/(?:ending\/|remove-entries\.)/ },
            // What only a device needs whose swarm has grown since it stored its files.
            { name: 'recoding', test: /\/src\/peer\/recoding\// },
            // What reads the log before folders, once.
            { name: 'old-vault', test: /\/src\/(?:peer\/vault|core)\/old-vault\./ },
            // What only a device needs that is given recovery words of another one.
            { name: 'restoring', test: /\/src\/peer\/publishing\/(?:(?:find|restore)-vault|carry-files|stage-catalog)\./ },
            // What gives an owner's list of files to people, and brings it back; with the terms that re-coding has too.
            { name: 'publishing', test: /\/src\/(?:peer\/publishing\/|core\/recoding\.)/ },
            { name: 'restore', test: /\/src\/(?:ui\/(?:you\/restore(?:-dialog)?|words\/restore-words)|core\/typed-words)\./ },
            { name: 'devices', test: /\/src\/ui\/(?:you\/devices|words\/device-words)\./ },
            // What only whoever has the keys can do; loaded beside the peer, which imports nothing of it: what both need is the peer's.
            {
              name: 'owner',
              test: /\/src\/(?:peer\/(?:open-owner|file-rows|view-files|(?:files|groups|links|storing|tree|vault)\/.*)\.|core\/(?:vault\/(?!entry-id|frontier|log-entry)|words\.|pack\.))/,
            },
            {
              name: 'peer',
              test: /\/src\/(?:(?:flow|peer|protocol)\/|core\/(?!(?:errors|file-name|needs|utf8-length|healing\/outlook)\.))/,
            },
            { name: 'dht', test: /node_modules\/@libp2p\/(kad-dht|record)\// },
            // What changes the tree of folders and is seldom opened: the dialogs for that, and the trash.
            { name: 'tree', test: /\/src\/ui\/(?:tree\/|words\/tree-words\.)/ },
            // What the rows of files and their sheets are drawn with, after the first paint.
            { name: 'files', test: filesChunk },
            // The code that draws both the rows and the page of a link.
            { name: 'rows', test: rowsChunk },
            { name: 'network', test: /node_modules\/(?!react|scheduler|wouter|regexparam|use-sync-external-store)/ },
          ],
        },
      },
    },
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{src,workers,setup}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.browser.test.{ts,tsx}', 'node_modules/**'],
          testTimeout: HUNG_MS,
          hookTimeout: HUNG_MS,
        },
      },
      {
        extends: true,
        // Found only in workers or late, these would be bundled in the middle of a run: pages would load anew, or hold two copies of one package.
        optimizeDeps: { include: latePackages },
        test: {
          name: 'browser',
          include: ['{src,workers}/**/*.browser.test.{ts,tsx}'],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      ...(['e2e', 'large', 'soak'] as const).map((name) => ({
        extends: true as const,
        test: {
          name,
          environment: 'node' as const,
          include: [`e2e/**/*.${name}.ts`],
          globalSetup: 'e2e/common-swarm.ts',
          // Every one of them runs several browsers: one file after the other, one test after the other.
          fileParallelism: false,
          testTimeout: name === 'e2e' ? 300_000 : 1_800_000,
          hookTimeout: 300_000,
        },
      })),
    ],
  },
})
