namespace Periplon.Benchmarks;

/// <summary>The text of <c>--help</c>.</summary>
internal static class Usage
{
    public const string Text = """
        periplon-bench [--database sqlite|postgres] [--url URL] [--silos N] [--clients N] [--seconds N] [--runs N]
                       [--scenario NAME]... [--json FILE] [--compare DIR_A DIR_B]
        periplon-bench --scenario queued [--count N]   memory and start with N executions that wait (default 1000000), and nothing else
        periplon-bench --schedules [COUNT] [--database …] [--url …]
                                           schedules that fire once each within a minute: how late (default 100000)
        periplon-bench --stored [COUNT] [--database …] [--url …]
                                           lists and searches with so many ended executions in the database, and echo-1 before, with
                                           them, and while a client lists (default 5000000)
        periplon-bench --retention sqlite|postgres [N] [CONNECTION]
                                           deletes N ended executions (default 100000) while others are written; CONNECTION is that of an
                                           empty database on PostgreSQL, without it one is started
        periplon-bench --machine [TASKS]   the execution machine alone, without a server (default 10000 tasks)
        periplon-bench --corpus FOLDER     validates the workflow files of a folder, and times the largest
        periplon-bench --micro [FILTER]    parser, validator, planner, interpolation, journal rows by themselves; such as *Journal*

          --database   sqlite (default) or postgres, which starts a PostgreSQL in a temporary directory and deletes it at the end: fsync and
                       synchronous_commit on, 300 connections, 128 MB of shared buffers, defaults otherwise
          --url        a PostgreSQL that runs; its user must be allowed to create databases, each run takes a fresh one and drops it.
                       Its processor time is counted when it runs on this machine
          --silos      servers over one PostgreSQL, the clients spread over all of them (default 1)
          --clients    clients of the closed loop: each starts an execution, waits for its end, starts the next (default 64)
          --seconds    length of each measurement (default 10)
          --warm-up    seconds of the same load before it (default 12)
          --quiet      seconds without load before memory is read (default 5)
          --runs       measurements of each scenario, each on a fresh server and database (default 3)
          --minutes    length of the scenario long (default 10)
          --json       writes the results to a file, see below
          --compare    measures two builds in turns: folders that hold the program 'periplon'
          --scenario   echo-1 (one task), echo-10 (ten tasks in a row), fan-10 (ten tasks at once), latency (one task, one client);
                       kestra (two tasks; then arrivals at 25, 50, 100, 200, 400, 800 and 1600 a second, each for --seconds, until the
                       95th percentile is above a second: knee_per_second is the highest rate before that, 1600 means at least 1600);
                       one execution after the other, at least five: windmill-40 (40 tasks in a row), loop-10, loop-1000, loop-10000
                       (iterations one after the other), fan-out-1000 (a thousand tasks at once), fan-loop-1000 (a loop of as many, a
                       hundred at once); default: all of these;
                       long (echo-1 for --minutes: executions, memory and processor time of each minute)

        Processor time, journal, WAL and allocation are those of one execution, or of one task of a large one. The client's time is that
        of this program, the server's that of all silos, the database's that of all processes of PostgreSQL. Memory is
        the servers' after a time without load; resident_bytes_per_execution is its growth for each finished execution. A figure that cannot
        be read is left out.

        The file of --json: {"schema": 1, "database", "silos", "clients", "seconds", "warm_up_seconds", "runs", "builds": [{"program",
        "scenarios": [{"name", "tasks", "figures": {NAME: {"median", "min", "max", "runs": [one number for each run]}}}]}]}
        """;
}
