using Periplon.Engine.Artifacts;
using Periplon.Engine.Retention;

namespace Periplon.Engine.Doctor;

/// <summary>Files whose execution has no row.</summary>
internal sealed class ArtifactsCheck(IArtifactInventory inventory, IArtifactStore artifacts, ArtifactSweep sweep) : IDoctorCheck
{
    private const int PageSize = 200;

    public string Name => "artifacts";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var looked = 0L;
        for (var part = 0; part < inventory.Parts; part++)
        {
            var old = run.Now - ArtifactSweep.Grace;
            foreach (var page in inventory.List(part).Where(folder => folder.ChangedAt < old).Chunk(PageSize))
            {
                foreach (var id in await sweep.FindOrphansAsync([.. page.Select(folder => folder.ExecutionId)], cancellationToken))
                {
                    await run.ReportAsync(Orphan(id), cancellationToken);
                }

                looked += page.Length;
                await run.RestAsync(cancellationToken);
            }
        }

        return looked;
    }

    private Finding Orphan(Guid id) => new()
    {
        Code = "orphan_artifacts",
        Severity = FindingSeverity.Notice,
        Target = $"execution {id:D}",
        Found = "The artifact store has files of it, and it has no row in executions",
        Matters = "They take space and nobody can ask for them",
        Advice = "--repair deletes them; retention does so too within two days",
        Mend = async (_, cancellationToken) =>
        {
            if ((await sweep.FindOrphansAsync([id], cancellationToken)).Count == 0)
            {
                return null;
            }

            await artifacts.DeleteAsync(id, cancellationToken);
            return new(null, null);
        },
    };
}
