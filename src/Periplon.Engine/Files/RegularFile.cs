using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Periplon.Engine.Files;

/// <summary>
/// Reads files whose path somebody else chose. Devices and pipes are refused, because they may never end, or block whoever opens them; and
/// bytes are counted as they are read, because a file may grow after its length was asked.
/// </summary>
internal static class RegularFile
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Opens a file; links to regular files are followed.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It is a directory, a device, a pipe or a socket, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    internal static FileStream Open(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes);
        }

        // Before it is opened, because opening alone does something to some devices; after it, because it may have been replaced meanwhile.
        var full = Path.GetFullPath(path);
        RefuseOthers(full, Native.CurrentDirectory, full);
        var descriptor = Native.Open(full, Native.ReadOnly | Native.NoTerminal | Native.NonBlocking | Native.CloseOnExec);
        using var opened = new SafeFileHandle(descriptor, ownsHandle: true);
        if (opened.IsInvalid)
        {
            throw Failure(full, Marshal.GetLastPInvokeError());
        }

        RefuseOthers(full, descriptor, "");
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        opened.SetHandleAsInvalid();
        return new FileStream(handle, FileAccess.Read, BufferBytes, handle.IsAsync);
    }

    /// <summary>All bytes of a file; null when it has more than <paramref name="max"/>, of which no more are then read.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    internal static byte[]? ReadBytes(string path, int max)
    {
        using var file = Open(path);
        using var content = new MemoryStream();
        var buffer = new byte[BufferBytes];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            if (content.Length + read > max)
            {
                return null;
            }

            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }

    private static void RefuseOthers(string full, int descriptor, string path)
    {
        var status = new byte[Native.StatusBytes];
        if (Native.Status(descriptor, path, path.Length is 0 ? Native.OfDescriptor : 0, Native.TypeWanted, status) is not 0)
        {
            throw Failure(full, Marshal.GetLastPInvokeError());
        }

        var mode = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(Native.ModeOffset))
            : BinaryPrimitives.ReadUInt16BigEndian(status.AsSpan(Native.ModeOffset));
        var what = (mode & Native.TypeMask) switch
        {
            Native.Regular => null,
            Native.Folder => "a directory",
            Native.Pipe => "a pipe",
            Native.Socket => "a socket",
            _ => "a device",
        };
        if (what is not null)
        {
            throw new IOException($"{full} is {what}, not a file");
        }
    }

    private static Exception Failure(string full, int error) => error switch
    {
        Native.NoEntry or Native.NoFolder => new FileNotFoundException($"the file {full} does not exist", full),
        Native.NoAccess or Native.NotPermitted => new UnauthorizedAccessException($"the file {full} may not be read"),
        _ => new IOException($"the file {full} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}"),
    };

    // .NET can neither open a file without waiting for the writer of a pipe, nor tell a device from a file. Of the calls that can, statx
    // alone gives the same bytes on all processors. Values are those of Linux on x64 and arm64.
    private static class Native
    {
        public const int ReadOnly = 0, NoTerminal = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;
        public const int CurrentDirectory = -100, OfDescriptor = 0x1000;
        public const uint TypeWanted = 1;
        public const int StatusBytes = 256, ModeOffset = 28;
        public const int TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000, Pipe = 0x1000, Socket = 0xC000;
        public const int NotPermitted = 1, NoEntry = 2, NoAccess = 13, NoFolder = 20;

        [DllImport("libc", EntryPoint = "open", SetLastError = true, BestFitMapping = false)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false)]
        public static extern int Status(
            int descriptor, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint wanted, [Out] byte[] status);
    }
}
