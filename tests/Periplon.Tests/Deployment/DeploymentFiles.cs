using Periplon.Tests.Configuration;
using YamlDotNet.RepresentationModel;

namespace Periplon.Tests.Deployment;

/// <summary>Dockerfile and Kubernetes manifests, as their readers see them.</summary>
internal static class DeploymentFiles
{
    /// <summary>The Dockerfile's instructions, continued lines joined, comments left out.</summary>
    public static IReadOnlyList<(string Name, string Arguments)> Dockerfile { get; } =
    [
        .. string.Join('\n', File.ReadAllLines(Repository.PathOf("Dockerfile")).Where(line => !line.StartsWith('#')))
            .Replace("\\\n", " ", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .Select(parts => (parts[0], parts[1].Trim())),
    ];

    /// <summary>All documents of <c>k8s/</c>, with the file that holds them.</summary>
    public static IReadOnlyList<(string File, YamlMappingNode Document)> Manifests { get; } =
    [
        .. Directory.GetFiles(Repository.PathOf("k8s"), "*.yaml").Order().SelectMany(file =>
        {
            using var reader = new StreamReader(file);
            var stream = new YamlStream();
            stream.Load(reader);
            return stream.Documents.Select(document => (Path.GetFileName(file), (YamlMappingNode)document.RootNode)).ToList();
        }),
    ];

    /// <summary>The pod template and the one container of each workload.</summary>
    public static IReadOnlyList<(string File, YamlMappingNode Pod, YamlMappingNode Container)> Workloads { get; } =
    [
        .. Manifests.Where(manifest => manifest.Document.Text("kind") is "StatefulSet" or "Deployment").Select(manifest =>
        {
            var pod = manifest.Document.Map("spec").Map("template").Map("spec");
            return (manifest.File, pod, (YamlMappingNode)pod.List("containers").Single());
        }),
    ];

    public static YamlMappingNode Map(this YamlMappingNode node, string key) => (YamlMappingNode)node.Children[key];

    public static IEnumerable<YamlNode> List(this YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var found) ? ((YamlSequenceNode)found).Children : [];

    public static string? Text(this YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var found) ? (found as YamlScalarNode)?.Value : null;

    public static IEnumerable<string> Texts(this YamlMappingNode node, string key) => node.List(key).Select(item => ((YamlScalarNode)item).Value!);

    /// <summary>The container's variables that have a value of their own.</summary>
    public static Dictionary<string, string> Variables(this YamlMappingNode container) => container.List("env").Cast<YamlMappingNode>()
        .Where(variable => variable.Text("value") is not null)
        .ToDictionary(variable => variable.Text("name")!, variable => variable.Text("value")!);
}
