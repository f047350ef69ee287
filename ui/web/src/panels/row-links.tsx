import type { Panel } from "@aura/shared/schemas/panel-document";
import type { Row } from "../parts/action-form.tsx";

/** Links of a panel, filled in from a row; a link whose column is empty is left out. */
export function RowLinks({ links, row, name }: { links: Panel["links"]; row: Row; name?: string }) {
  return (
    <>
      {links.map((link) => {
        const href = hrefOf(link, row);
        if (href === null) return null;
        return (
          <a
            key={link.label}
            href={href}
            class="row-link"
            {...(name === undefined ? {} : { "aria-label": `${link.label}: ${name}` })}
          >
            {link.label}
          </a>
        );
      })}
    </>
  );
}

export function hrefOf({ href, params }: Panel["links"][number], row: Row): string | null {
  let filled = href;
  for (const [name, column] of Object.entries(params)) {
    const value = row[column];
    if (value === null || value === undefined) return null;
    filled = filled.replace(`{${name}}`, encodeURIComponent(String(value)));
  }
  return filled;
}
