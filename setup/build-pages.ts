import { createElement, type ReactElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import type { Plugin } from 'vite'
import { cacheControlOf, hostingHeaders, routes } from './headers.ts'

/**
 * Writes the files that a host needs beside the built ones: an index.html per route with its outline, 404.html, `_headers`, and examples
 * for nginx and Caddy.
 */
export function buildPages(): Plugin {
  return {
    name: 'scatterhoard-pages',
    apply: 'build',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const { AppOutline, LinkOutline } = await import('../src/ui/outline.tsx')
        const page = bundle['index.html']
        if (page?.type !== 'asset') return
        const source = String(page.source)
        page.source = outlined(source, AppOutline)
        for (const route of routes) {
          const outline = route === 's' ? LinkOutline : AppOutline
          this.emitFile({ type: 'asset', fileName: `${route}/index.html`, source: outlined(source, outline) })
        }
        // Static hosts show it where there is no file: so a link whose # became a part of its path opens.
        this.emitFile({ type: 'asset', fileName: '404.html', source })
        this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile() })
        this.emitFile({ type: 'asset', fileName: 'hosting/nginx.conf', source: nginxFile() })
        this.emitFile({ type: 'asset', fileName: 'hosting/Caddyfile', source: caddyFile() })
      },
    },
  }
}

/** Puts the outline, which a browser paints before any script has run, into the place of the app. */
function outlined(source: string, outline: () => ReactElement): string {
  const place = '<div id="root">'
  if (!source.includes(place)) throw new Error(`index.html has no ${place}`)
  return source.replace(place, place + renderToStaticMarkup(createElement(outline)))
}

const headers = Object.entries(hostingHeaders)

/** The format of Cloudflare Pages, Netlify and others. */
function headersFile(): string {
  return [
    '/*',
    ...headers.map(([name, value]) => `  ${name}: ${value}`),
    `  Cache-Control: ${cacheControlOf('/')}`,
    '/assets/*',
    '  ! Cache-Control',
    `  Cache-Control: ${cacheControlOf('/assets/')}`,
    '/s/*',
    '  ! Cache-Control',
    `  Cache-Control: ${cacheControlOf('/s/')}`,
    '',
  ].join('\n')
}

function nginxFile(): string {
  // A block with add_header lines of its own drops inherited ones in nginx: use one block for all, and a map for the cache rule.
  return [
    '# Example. Put it into the http block; change server_name, root and the certificate.',
    'map $uri $scatterhoard_cache {',
    `  default "${cacheControlOf('/')}";`,
    `  ~^/assets/ "${cacheControlOf('/assets/')}";`,
    `  ~*^/s(?![^/%#&]) "${cacheControlOf('/s/')}";`,
    '}',
    'server {',
    '  listen 443 ssl;',
    '  server_name hoard.example.org;',
    '  ssl_certificate /etc/ssl/hoard.example.org.pem;',
    '  ssl_certificate_key /etc/ssl/hoard.example.org.key;',
    '  root /srv/scatterhoard/dist;',
    '  # The build made a .gz and a .br beside every file that gets smaller.',
    '  gzip_static on;',
    '  # With the module ngx_brotli:',
    '  # brotli_static on;',
    '  add_header Cache-Control $scatterhoard_cache always;',
    ...headers.map(([name, value]) => `  add_header ${name} "${value}" always;`),
    '  # Some mail programs put the key of a link into its path. Every such address is the page of a link, and no log may keep it.',
    '  location ~* "^/s(?![^/%#&])" {',
    '    access_log off;',
    '    log_not_found off;',
    '    try_files /s/index.html =404;',
    '  }',
    '  location / {',
    '    try_files $uri $uri/index.html =404;',
    '  }',
    '}',
    '',
  ].join('\n')
}

function caddyFile(): string {
  return [
    '# Example. Change the name of the site and the folder.',
    'hoard.example.org {',
    '\troot * /srv/scatterhoard/dist',
    '\t# Some mail programs put the key of a link into its path. Every such address is the page of a link, and no log may keep it.',
    '\t@link path_regexp (?i)^/s([/%#&]|$)',
    '\tlog_skip @link',
    '\trewrite @link /s/index.html',
    '\ttry_files {path} {path}/index.html',
    '\theader {',
    ...headers.map(([name, value]) => `\t\t${name} "${value}"`),
    `\t\t?Cache-Control "${cacheControlOf('/')}"`,
    '\t}',
    `\theader /assets/* Cache-Control "${cacheControlOf('/assets/')}"`,
    `\theader @link Cache-Control "${cacheControlOf('/s/')}"`,
    '\t# The build made a .br and a .gz beside every file that gets smaller.',
    '\tfile_server {',
    '\t\tprecompressed br gzip',
    '\t}',
    '}',
    '',
  ].join('\n')
}
