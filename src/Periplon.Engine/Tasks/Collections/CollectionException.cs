namespace Periplon.Engine.Tasks.Collections;

/// <summary>A collection cannot be read; the message says why, and where in the text.</summary>
internal sealed class CollectionException(string message) : Exception(message);
