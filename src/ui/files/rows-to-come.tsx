/** Rows before anything is known about them, for a person who had files here last time. */
export function RowsToCome() {
  return (
    <div className="files to-come" aria-busy="true">
      {[62, 44, 71].map((width) => (
        <div key={width} className="row">
          <span className="kind" />
          <span className="name">
            <svg width="100%" height="14" aria-hidden="true">
              <rect width={`${width}%`} height="14" rx="7" fill="currentColor" />
            </svg>
          </span>
        </div>
      ))}
    </div>
  )
}
