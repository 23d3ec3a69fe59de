namespace Periplon.Api.Server;

/// <summary>A page that shows <c>/openapi/v1.json</c> for people, with nothing from elsewhere.</summary>
internal static class DocumentationPage
{
    public const string ContentSecurityPolicy =
        "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        + "base-uri 'none'; form-action 'none'";

    public const string Html = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Periplon API</title>
        <style>
        :root { color-scheme: light dark; --line: #8884; --soft: #8882; }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
        h2 { margin-top: 2rem; border-bottom: 1px solid var(--line); }
        details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
        summary { cursor: pointer; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
        .method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
        table { border-collapse: collapse; width: 100%; margin: .4rem 0; }
        td, th { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-top: 1px solid var(--line); }
        pre { background: var(--soft); border-radius: 6px; padding: .6rem; overflow-x: auto; }
        </style>
        </head>
        <body>
        <h1>Periplon API</h1>
        <p id="intro">Reading <a href="/openapi/v1.json">/openapi/v1.json</a> …</p>
        <main id="routes"></main>
        <script>
        const make = (tag, text, ...children) => {
          const element = document.createElement(tag);
          if (text) element.textContent = text;
          element.append(...children);
          return element;
        };
        const resolve = (api, node) => node?.$ref ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], api) : node;
        const sketch = (api, schema, depth = 0) => {
          const named = resolve(api, schema) ?? {};
          const type = [].concat(named.type ?? '').filter(word => word !== 'null')[0];
          if (depth > 6) return '…';
          if (named.oneOf || named.anyOf) return sketch(api, (named.oneOf ?? named.anyOf).find(one => one.type !== 'null'), depth + 1);
          if (named.properties) return Object.fromEntries(
            Object.entries(named.properties).map(([name, inner]) => [name, sketch(api, inner, depth + 1)]));
          if (type === 'array') return [sketch(api, named.items, depth + 1)];
          return named.format ? `${type ?? 'text'} (${named.format})` : type || 'any';
        };
        const bodies = (api, title, content) => Object.entries(content ?? {}).flatMap(([media, body]) =>
          [make('p', `${title}: ${media}`), make('pre', JSON.stringify(sketch(api, body.schema), null, 2))]);
        const route = (api, path, method, operation) => {
          const box = make('details');
          const head = make('summary');
          const verb = make('span', method.toUpperCase());
          verb.className = 'method';
          head.append(verb, path);
          box.append(head);
          if (operation.summary) box.append(make('p', operation.summary));
          const parameters = operation.parameters ?? [];
          if (parameters.length) box.append(make('table', '', ...parameters.map(parameter => make('tr', '',
            make('td', parameter.name), make('td', parameter.in), make('td', parameter.required ? 'required' : ''),
            make('td', parameter.description ?? '')))));
          box.append(...bodies(api, 'Request', operation.requestBody?.content));
          for (const [status, answer] of Object.entries(operation.responses ?? {}))
            box.append(...bodies(api, `Answer ${status}`, answer.content), ...(answer.content ? [] : [make('p', `Answer ${status}`)]));
          return box;
        };
        fetch('/openapi/v1.json').then(answer => answer.json()).then(api => {
          document.getElementById('intro').textContent = `${api.info.description ?? ''} Version ${api.info.version}.`;
          const groups = new Map();
          for (const [path, item] of Object.entries(api.paths))
            for (const [method, operation] of Object.entries(item)) {
              const tag = operation.tags?.[0] ?? 'Other';
              if (!groups.has(tag)) groups.set(tag, make('section', '', make('h2', tag)));
              groups.get(tag).append(route(api, path, method, operation));
            }
          document.getElementById('routes').append(...groups.values());
        }).catch(error => { document.getElementById('intro').textContent = `The document could not be read: ${error}`; });
        </script>
        </body>
        </html>
        """;
}
